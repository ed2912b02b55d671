import type { QoS } from '../session/wire.js';
import { validateTopicName } from '../topic/topic-name.js';

/** Where the replies to a request go, and in what form. */
export type ReplyTarget = PropertyTarget | EnvelopeTarget;

/** MQTT 5.0's own way: Response Topic and Correlation Data (section 4.10). */
export interface PropertyTarget {
  readonly form: 'property';
  readonly topic: string;
  readonly correlationData: Buffer | undefined;
  readonly qos: QoS;
}

/** Nest's way: JSON that names the request's id. */
export interface EnvelopeTarget {
  readonly form: 'envelope';
  readonly topic: string;
  readonly id: string | number;
  /** Nest's own `ClientMqtt` asked; it takes an object with a key that it does not know for a foreign payload. */
  readonly strict: boolean;
  readonly qos: QoS;
}

/** Why nothing may be published there, `undefined` when it may: the topic comes from outside. */
export function replyTopicFault(topic: string): string | undefined {
  if (/^\$(share|SYS)(\/|$)/i.test(topic)) return 'it begins with $share or $SYS';
  try {
    validateTopicName(topic);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
