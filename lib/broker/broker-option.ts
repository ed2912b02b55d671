import { inspect } from 'node:util';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { KNOWN_BROKERS, type KnownBroker } from './known-brokers.js';
import type { BrokerProfile } from './profile.js';

/** Which broker it is: to be found out, known by name, or described. @publicApi */
export type BrokerOption = 'auto' | KnownBroker | BrokerProfile;

/** The profile that an option stands for; `undefined` where it has to be found out. */
export function profileOfOption(option: BrokerOption = 'auto'): BrokerProfile | undefined {
  if (option === 'auto') return undefined;
  return typeof option === 'string' ? KNOWN_BROKERS[option] : option;
}

/** @throws InvalidOptionError */
export function validateBrokerOption(option: unknown): void {
  if (option === undefined || option === 'auto') return;
  if (typeof option === 'string' && Object.hasOwn(KNOWN_BROKERS, option)) return;
  const names = ['auto', ...Object.keys(KNOWN_BROKERS)].map((name) => `'${name}'`).join(', ');
  const choose = `Choose one of ${names}, or a profile as \`npx nestjs-mqtt-shared doctor <url> --json\` prints it.`;
  if (typeof option !== 'object' || option === null) {
    throw new InvalidOptionError('broker', `${inspect(option)} is no broker`, choose);
  }
  const missing = Object.keys(KNOWN_BROKERS.mosquitto).filter((key) => !Object.hasOwn(option, key));
  if (missing.length > 0) throw new InvalidOptionError('broker', `the profile lacks ${missing.join(', ')}`, choose);
}
