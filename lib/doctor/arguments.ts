import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { reasonOf } from '../errors/reason-of.js';
import { brokerAddress } from '../session/broker-address.js';
import type { TlsOptions } from '../session/wire.js';
import { validateTopicName } from '../topic/topic-name.js';
import { DEFAULT_TOPIC_PREFIX, type DoctorSettings } from './doctor.js';

export const USAGE = `Usage: nestjs-mqtt-shared doctor <url> [options]

Finds out what an MQTT broker does with shared subscriptions, on topics of its own, in less than a minute, and says which
options to set. Leaves nothing behind on the broker.

  <url>                 mqtt:, mqtts:, ws: or wss: address of the broker
  --username <name>     or the environment variable MQTT_USERNAME
  --password <word>     or MQTT_PASSWORD, which does not show in the list of processes
  --ca <file>           certificate of the authority that signed the broker's, PEM
  --cert <file>         client certificate, PEM
  --key <file>          its key, PEM
  --insecure            take any certificate of the broker
  --topic <prefix>      where the doctor may publish; default ${DEFAULT_TOPIC_PREFIX}
  --json                print a profile for the option \`broker\` as JSON instead
  --help

Exit code 0; 1 when shared subscriptions do not work, when that could not be found out, or when the broker cannot be
reached; 2 for wrong arguments.`;

export interface DoctorArguments {
  readonly settings: DoctorSettings;
  readonly json: boolean;
}

/** What is wrong with the arguments; without it, help was asked for. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws UsageError; never with a password in it */
export function doctorArguments(args: readonly string[], env: NodeJS.ProcessEnv): DoctorArguments | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const [command, url, ...more] = positionals;
  if (command?.includes('://')) {
    throw new UsageError('The word `doctor` is missing before the address: nestjs-mqtt-shared doctor <url>.');
  }
  if (command !== 'doctor') throw new UsageError('The command is `doctor`.');
  if (url === undefined) throw new UsageError('The address of the broker is missing.');
  if (more.length > 0) throw new UsageError('One address at a time.');
  if ((values.cert === undefined) !== (values.key === undefined)) {
    throw new UsageError('`--cert` and `--key` belong together.');
  }
  const { topic: topicPrefix } = values;
  try {
    brokerAddress(url);
    if (topicPrefix !== undefined) validateTopicName(topicPrefix, { where: '`--topic`' });
  } catch (error) {
    throw new UsageError(reasonOf(error));
  }
  return {
    settings: {
      url,
      username: values.username ?? env['MQTT_USERNAME'],
      password: values.password ?? env['MQTT_PASSWORD'],
      tls: tls(values),
      topicPrefix,
    },
    json: values.json ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        username: { type: 'string' },
        password: { type: 'string' },
        ca: { type: 'string' },
        cert: { type: 'string' },
        key: { type: 'string' },
        insecure: { type: 'boolean' },
        topic: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(reasonOf(error));
  }
}

function tls(values: { ca?: string; cert?: string; key?: string; insecure?: boolean }): TlsOptions {
  return {
    ca: read('--ca', values.ca),
    cert: read('--cert', values.cert),
    key: read('--key', values.key),
    rejectUnauthorized: values.insecure ? false : undefined,
  };
}

function read(option: string, file: string | undefined): Buffer | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`\`${option}\`: ${reasonOf(error)}.`);
  }
}
