import { test } from '@jest/globals';
import type { Lack } from './traits.js';

export interface RunningBroker {
  readonly url: string;
  stop(): Promise<void>;
}

/** A broker that the suite can run on, and where it comes from. */
export interface Broker {
  readonly name: string;
  /** What is missing to start it, and how to get it; `undefined` when nothing is. */
  missing(): string | undefined;
  /** For the table, where the broker does not say it of itself and nothing pins it. */
  version?(): string | undefined;
  /** On a port, a data folder and a configuration of its own, which end with it. */
  start(): Promise<RunningBroker>;
  /** Whether CI must have it. */
  readonly inCI: boolean;
}

/** The address of a running broker to use in place of one that is started here. */
export const GIVEN_URL = process.env['MQTT_URL'];

/** What a broker does because it is started here with a configuration that makes it. */
export function asConfiguredHere<T>(trait: T): T | Lack {
  return GIVEN_URL === undefined ? trait : { because: 'the broker at `MQTT_URL` has a configuration of its own' };
}

/**
 * Defines the suite where the broker can be had; else says once how to get it. In CI its absence is a failure.
 */
export function ifThere(broker: Broker, define: (start: () => Promise<RunningBroker>) => void): void {
  if (GIVEN_URL !== undefined) {
    const url = GIVEN_URL;
    define(() => Promise.resolve({ url, stop: () => Promise.resolve() }));
    return;
  }
  const missing = broker.missing();
  if (missing === undefined) {
    define(() => broker.start());
    return;
  }
  const message = `${broker.name} is skipped: ${missing}`;
  if (process.env['CI'] === 'true' && broker.inCI) throw new Error(`In CI nothing may be skipped. ${message}`);
  process.stderr.write(`${message}\n`);
  test.todo(`runs where ${broker.name} can be had: ${missing}`);
}
