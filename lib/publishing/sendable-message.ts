import { InvalidMessageError } from '../errors/invalid-message.error.js';
import type { OutboundPublish, PublishProperties } from '../session/wire.js';
import { propertyFault } from './property-fault.js';

/**
 * The message in a form that can be written. What cannot be must not be tried: mqtt.js would end the connection, or
 * write nothing and never call back, and on the next connection it would be tried again.
 *
 * @throws InvalidMessageError for anything but the topic, which is checked elsewhere.
 */
export function sendableMessage(message: OutboundPublish): OutboundPublish {
  const { topic, qos, payload, properties } = message;
  if (qos !== 0 && qos !== 1 && qos !== 2) {
    throw new InvalidMessageError(topic, `its QoS is ${String(qos)}`, 'Use 0, 1 or 2.');
  }
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) {
    throw new InvalidMessageError(topic, `its payload is a ${typeof payload}`, 'Give a string or a Buffer.');
  }
  if (properties === undefined) return message;
  const fault = propertyFault(properties);
  if (fault) throw new InvalidMessageError(topic, fault.rule, fault.fix);
  return hasNoUserProperty(properties)
    ? { ...message, properties: { ...properties, userProperties: undefined } }
    : message;
}

/** mqtt-packet takes User Properties without a single one for a fault. */
function hasNoUserProperty({ userProperties }: PublishProperties): boolean {
  return (
    userProperties !== undefined &&
    Object.values(userProperties).every((value) => Array.isArray(value) && value.length === 0)
  );
}
