import type { Level } from './advice/advice.js';
import type { Examination, Outcome, VersionExamination } from './examination.js';
import { type ProbeName, PROBES } from './probes/index.js';
import type { Verdict } from './verdict.js';
import { sentence } from './sentence.js';
import { versionName } from './version-name.js';

const MARKS: Readonly<Record<Level, string>> = { problem: '✗', warning: '!', note: '·', good: '✓' };
const WIDTH = 100;

/** What the doctor prints at the end: what the broker does, what it means, the options to set. */
export function reportOn(examination: Examination, verdict: Verdict): string {
  const sections = [
    verdict.summary,
    section('What the broker does', answers(examination)),
    section(
      'What it means',
      verdict.advice.map(({ level, says }) => wrapped(says, `  ${MARKS[level]} `)),
    ),
    verdict.works ? options(examination, verdict) : '',
    section('Not found out', notFoundOut(examination)),
    section(
      'Left on the broker',
      examination.leftBehind.map((what) => `  ! ${what}`),
    ),
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}\n\n${lines.join('\n')}`;
}

function names(): ProbeName[] {
  return Object.keys(PROBES) as ProbeName[];
}

function answers({ versions }: Examination): string[] {
  return names().flatMap((name) => {
    const said = byAnswer(versions, (version) => {
      const outcome = version.outcomes[name];
      return outcome?.kind === 'found' ? outcome.says : undefined;
    });
    if (said.length === 0) return [];
    return [`  ${PROBES[name].asks}`, ...said.map(([says, where]) => `      ${where}${says}`)];
  });
}

function notFoundOut({ versions }: Examination): string[] {
  return names().flatMap((name) =>
    byAnswer(versions, (version) => {
      const outcome: Outcome | undefined = version.outcomes[name];
      return outcome?.kind === 'unknown' ? outcome.why : undefined;
    }).map(([why, where]) => wrapped(sentence(`${PROBES[name].asks} ${where}${why}`), '  ? ')),
  );
}

/** Answers, each with the versions that it is for, where it is not for all of them. */
function byAnswer(
  versions: readonly VersionExamination[],
  answerOf: (version: VersionExamination) => string | undefined,
): [answer: string, where: string][] {
  const found = new Map<string, string[]>();
  for (const version of versions) {
    const answer = answerOf(version);
    if (answer === undefined) continue;
    found.set(answer, [...(found.get(answer) ?? []), versionName(version.protocolVersion)]);
  }
  return [...found].map(([answer, where]) => [answer, where.length === versions.length ? '' : `${where.join(', ')}: `]);
}

function options({ address }: Examination, verdict: Verdict): string {
  const lines = [
    `  new ServerMQTTShared({`,
    `    url: '${address}',`,
    ...verdict.options.map(({ name, value }) => `    ${name}: ${value},`),
    `  })`,
  ];
  const title = verdict.options.length === 0 ? 'Options to set: none, the defaults do' : 'Options to set';
  return section(title, lines);
}

function wrapped(text: string, start: string): string {
  const indent = ' '.repeat(start.length);
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.length - 1;
    const longer = `${lines[last] ?? ''} ${word}`.trimStart();
    if (longer.length > WIDTH - start.length && lines[last] !== '') lines.push(word);
    else lines[last] = longer;
  }
  return start + lines.join(`\n${indent}`);
}
