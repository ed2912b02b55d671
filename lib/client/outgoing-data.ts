import { MqttRecord } from '@nestjs/microservices';
import type { PublishProperties, QoS } from '../session/wire.js';

/** What a user gave to `emit` or `send`: data, and perhaps how to send it. */
export interface OutgoingData {
  readonly data: unknown;
  readonly qos?: QoS;
  readonly retain?: boolean;
  readonly properties?: PublishProperties;
}

/**
 * Takes a record of `MqttRecordBuilder` apart. Its DUP flag is not taken over: it says that a message is sent again,
 * which is for us to know [MQTT-3.3.1-1].
 */
export function outgoingData(given: unknown): OutgoingData {
  if (!(given instanceof MqttRecord)) return { data: given };
  const { data, options } = given as MqttRecord<unknown>;
  return { data, qos: options?.qos, retain: options?.retain, properties: options?.properties };
}

/** The properties of a record and those of a message, the latter's winning; User Properties of both are sent. */
export function mergeProperties(
  record: PublishProperties | undefined,
  message: PublishProperties | undefined,
): PublishProperties | undefined {
  if (record === undefined || message === undefined) return record ?? message;
  const userProperties = { ...message.userProperties, ...record.userProperties };
  return { ...record, ...message, userProperties };
}
