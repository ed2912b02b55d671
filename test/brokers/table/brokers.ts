import { artemis } from '../support/artemis.js';
import type { Broker } from '../support/broker.js';
import { embedded } from '../support/embedded.js';
import { hivemq } from '../support/hivemq.js';
import { mosquitto } from '../support/mosquitto.js';
import { nanomq } from '../support/nanomq.js';
import { type BrokerRecord, readRecord } from './broker-record.js';

/** The columns of the table, by the names of their spec files. */
export const BROKERS: Readonly<Record<string, Broker>> = { mosquitto, hivemq, artemis, nanomq, embedded };

/** Those that are kept, and the names of brokers without one. */
export async function readRecords(): Promise<{ records: BrokerRecord[]; absent: string[] }> {
  const records: BrokerRecord[] = [];
  const absent: string[] = [];
  for (const [key, { name }] of Object.entries(BROKERS)) {
    const record = await readRecord(key);
    if (record === undefined) absent.push(name);
    else records.push(record);
  }
  return { records, absent };
}
