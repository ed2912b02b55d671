import { ACKNOWLEDGEMENT_RULES } from './advice/acknowledgement.rules.js';
import type { Advice, Level, OptionToSet } from './advice/advice.js';
import { brokerOptionAdvice } from './advice/broker-option.js';
import { DEATH_RULES } from './advice/death.rules.js';
import { FLOW_RULES } from './advice/flow.rules.js';
import { PUBLISHING_RULES } from './advice/publishing.rules.js';
import { type Examination, findingOf, sharesIn, type VersionExamination } from './examination.js';
import { sentence } from './sentence.js';
import { versionName } from './version-name.js';

/** What the findings mean for who wants to use the broker. */
export interface Verdict {
  /** Whether Shared Subscriptions work in one version of MQTT at least. */
  readonly works: boolean;
  readonly summary: string;
  /** Worst first. */
  readonly advice: readonly Advice[];
  /** Of `ServerMQTTShared`, beside `url`. */
  readonly options: readonly OptionToSet[];
}

const RULES = [...DEATH_RULES, ...FLOW_RULES, ...ACKNOWLEDGEMENT_RULES, ...PUBLISHING_RULES];
const LEVELS: readonly Level[] = ['problem', 'warning', 'note', 'good'];
const ELSEWHERE = 'Mosquitto, HiveMQ CE, ActiveMQ Artemis and NanoMQ have them.';

export function verdictOn(examination: Examination): Verdict {
  const { versions, address } = examination;
  const working = versions.filter((version) => sharesIn(version));
  const failing = versions.filter((version) => !sharesIn(version));
  const [only] = working;
  if (only === undefined) {
    const advice = merged(versions, (version) => [{ level: 'problem', says: whyNot(version) }]);
    return { works: false, summary: summaryWithout(examination), advice, options: [] };
  }
  const brokerOption = brokerOptionAdvice(examination);
  const advice = [
    ...(brokerOption === undefined ? [] : [brokerOption]),
    ...merged(failing, (version) => [{ level: 'warning', says: whyNot(version) }], versions.length),
    ...merged(
      working,
      (version) => RULES.map((rule) => rule(version)).filter((one) => one !== undefined),
      versions.length,
    ),
  ].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
  const protocolVersion = { name: 'protocolVersion', value: `${only.protocolVersion}` };
  const options = [...(failing.length > 0 ? [protocolVersion] : []), ...advice.flatMap(({ option }) => option ?? [])];
  const summary =
    failing.length === 0
      ? `Shared subscriptions work on ${address}.`
      : `Shared subscriptions work on ${address} with MQTT ${versionName(only.protocolVersion)} only.`;
  return { works: true, summary, advice, options: options.filter(isFirstOfItsName) };
}

/** The headline where there is no version in which they are known to work. */
function summaryWithout({ versions, address }: Examination): string {
  const reached = versions.filter(({ unreachable }) => unreachable === undefined);
  if (reached.length === 0) return `No connection to ${address} came about.`;
  const notFoundOut = `Whether shared subscriptions work on ${address} could not be found out`;
  if (reached.some((version) => mayBeForbidden(version))) {
    return `${notFoundOut}: access rules may forbid the doctor’s topics. Name a prefix below which this user may publish and subscribe with \`--topic\`.`;
  }
  if (reached.every(({ outcomes }) => outcomes.shared?.kind !== 'found')) return `${notFoundOut}.`;
  return `Shared subscriptions do not work on ${address}.`;
}

const NOT_AUTHORIZED = 0x87;

/** Whether it was access rules, as far as can be seen: on 3.1.1 a broker takes what they forbid, and drops it. */
function mayBeForbidden(version: VersionExamination): boolean {
  const outcome = version.outcomes.shared;
  if (outcome?.kind === 'unknown') return outcome.publishRefused ?? false;
  const finding = findingOf(version, 'shared');
  if (finding?.outcome === 'missing') return finding.arrived === 0 && !finding.plain;
  return finding?.outcome === 'refused' && finding.reasonCode === NOT_AUTHORIZED;
}

/** What holds in both versions is said once. */
function merged(
  versions: readonly VersionExamination[],
  advise: (version: VersionExamination) => readonly Advice[],
  outOf = versions.length,
): Advice[] {
  const found = new Map<string, { advice: Advice; in: VersionExamination[] }>();
  for (const version of versions) {
    for (const advice of advise(version)) {
      const same = found.get(advice.says);
      if (same === undefined) found.set(advice.says, { advice, in: [version] });
      else same.in.push(version);
    }
  }
  return [...found.values()].map(({ advice, in: where }) =>
    where.length === outOf
      ? advice
      : {
          ...advice,
          says: `MQTT ${where.map((one) => versionName(one.protocolVersion)).join(' and ')}: ${advice.says}`,
        },
  );
}

function isFirstOfItsName(option: OptionToSet, index: number, options: readonly OptionToSet[]): boolean {
  return options.findIndex(({ name }) => name === option.name) === index;
}

function whyNot(version: VersionExamination): string {
  if (version.unreachable !== undefined) return sentence(version.unreachable);
  const outcome = version.outcomes.shared;
  if (outcome?.kind !== 'found') {
    const why = outcome?.why ?? 'nothing was asked';
    const notFoundOut = sentence(`Whether there are shared subscriptions could not be found out: ${why}`);
    const isRefusal = outcome?.kind === 'unknown' && (outcome.publishRefused ?? false);
    return isRefusal
      ? notFoundOut
      : `${notFoundOut} The broker may be overloaded, or hang: see its log, and ask again.`;
  }
  const finding = findingOf(version, 'shared');
  switch (finding?.outcome) {
    case 'refused':
      return `The broker refuses shared subscriptions: ${outcome.says}. They may be switched off, or forbidden to this user by access rules. ${ELSEWHERE}`;
    case 'disconnected':
      return `The broker ends the connection that asks for a shared subscription: ${outcome.says}. ${ELSEWHERE}`;
    case 'literal':
      return `The broker has no shared subscriptions: it grants \`$share/…\` as an ordinary filter, and workers would wait for messages for ever. ${ELSEWHERE}`;
    case 'everyone':
      return `The broker grants shared subscriptions and gives each message to every member: every worker would run every job. ${ELSEWHERE}`;
    case 'missing':
      return finding.plain
        ? `The broker grants shared subscriptions, and ${finding.of - finding.arrived} of ${finding.of} messages do not arrive on them; they do on an ordinary subscription. ${ELSEWHERE}`
        : `The broker grants subscriptions, and messages do not arrive: access rules may forbid to publish to the doctor’s topics (\`--topic\`).`;
    default:
      return outcome.says;
  }
}
