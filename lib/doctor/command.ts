import { reasonOf } from '../errors/reason-of.js';
import type { OpenWire } from '../session/wire.js';
import { type DoctorArguments, doctorArguments, USAGE, UsageError } from './arguments.js';
import { Doctor, type Progress } from './doctor.js';
import { profileOf } from './profile-of.js';
import { reportOn } from './report.js';
import { verdictOn } from './verdict.js';
import { versionName } from './version-name.js';

/** What the command needs of the process that it runs in. */
export interface CommandSurroundings {
  readonly open: OpenWire;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted when the user has had enough. */
  readonly signal: AbortSignal;
  /** The result. */
  readonly out: (text: string) => void;
  /** Progress and what went wrong. */
  readonly err: (text: string) => void;
}

export const ExitCode = { works: 0, doesNotWork: 1, usage: 2, interrupted: 130 } as const;

/** `nestjs-mqtt-shared doctor <url>`. Resolves with the exit code. */
export async function runCommand(args: readonly string[], surroundings: CommandSurroundings): Promise<number> {
  const { env, out, err } = surroundings;
  let asked: DoctorArguments | 'help';
  try {
    asked = doctorArguments(args, env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    err(`${error.message}\n\`nestjs-mqtt-shared --help\` lists the arguments.\n`);
    return ExitCode.usage;
  }
  if (asked === 'help') {
    out(`${USAGE}\n`);
    return ExitCode.works;
  }
  return examine(asked, surroundings);
}

async function examine(asked: DoctorArguments, { open, signal, out, err }: CommandSurroundings): Promise<number> {
  const doctor = new Doctor(open, asked.settings, (progress) => err(`${line(progress)}\n`));
  try {
    const examination = await doctor.examine(signal);
    const verdict = verdictOn(examination);
    if (asked.json && verdict.works) out(`${JSON.stringify(profileOf(examination), undefined, 2)}\n`);
    else (asked.json ? err : out)(`\n${reportOn(examination, verdict)}`);
    return verdict.works ? ExitCode.works : ExitCode.doesNotWork;
  } catch (error) {
    if (!signal.aborted) throw error;
    err(`${reasonOf(error)}.\n`);
    return ExitCode.interrupted;
  }
}

function line(progress: Progress): string {
  const version = versionName(progress.protocolVersion).padEnd(5);
  switch (progress.kind) {
    case 'connected':
      return `${version}  connected, ${progress.probes} questions`;
    case 'unreachable':
      return `${version}  ✗ ${progress.why}`;
    case 'answered': {
      const { outcome } = progress;
      return `${version}  ${progress.asks} ${outcome.kind === 'found' ? outcome.says : outcome.why}`;
    }
  }
}
