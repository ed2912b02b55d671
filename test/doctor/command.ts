import { runCommand } from '../../lib/doctor/command.js';
import { openMqttWire } from '../../lib/session/mqtt-wire.js';

export interface CommandResult {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** The command in this process. */
export async function command(
  args: readonly string[],
  { env = {}, signal = new AbortController().signal }: { env?: NodeJS.ProcessEnv; signal?: AbortSignal } = {},
): Promise<CommandResult> {
  let [out, err] = ['', ''];
  const exitCode = await runCommand(args, {
    open: openMqttWire,
    env,
    signal,
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { exitCode, out, err };
}
