import type { PublishProperties } from '../session/wire.js';

const LONGEST_STRING = 65_535;
const LARGEST_FOUR_BYTE_INTEGER = 0xffff_ffff;

export interface PropertyFault {
  readonly rule: string;
  readonly fix: string;
}

/** What a sender may set, section 3.3.2.3; the type makes the list complete. */
const CHECKS: Record<keyof PublishProperties, (value: unknown) => PropertyFault | undefined> = {
  payloadFormatIndicator: (value) =>
    typeof value === 'boolean'
      ? undefined
      : { rule: 'its Payload Format Indicator is no boolean', fix: 'Give `true` for UTF-8.' },
  messageExpiryInterval: (value) =>
    isFourByteInteger(value)
      ? undefined
      : { rule: 'its Message Expiry Interval is no whole number of seconds', fix: 'Give one from 0 to 4,294,967,295.' },
  responseTopic: (value) =>
    isUtf8String(value) && !/^$|[+#\0]/.test(value)
      ? undefined
      : { rule: 'its Response Topic is no Topic Name [MQTT-3.3.2-14]', fix: 'Give one topic, without wildcards.' },
  correlationData: (value) =>
    Buffer.isBuffer(value) && value.length <= LONGEST_STRING
      ? undefined
      : { rule: 'its Correlation Data is no Buffer of at most 65,535 bytes', fix: 'Give a Buffer.' },
  userProperties: userPropertyFault,
  contentType: (value) => (isUtf8String(value) ? undefined : notAString('Content Type')),
  subscriptionIdentifier: () => ({
    rule: 'a client must not send a Subscription Identifier [MQTT-3.3.4-6]',
    fix: 'Leave it out.',
  }),
  topicAlias: () => ({
    rule: 'a Topic Alias means something on one connection only, and the message may leave on another',
    fix: 'Leave it out.',
  }),
};

export function propertyFault(properties: PublishProperties): PropertyFault | undefined {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(CHECKS, name)) {
      return { rule: `"${name}" is no property of a PUBLISH`, fix: `There are ${Object.keys(CHECKS).join(', ')}.` };
    }
    const fault = CHECKS[name as keyof PublishProperties](value);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function userPropertyFault(properties: unknown): PropertyFault | undefined {
  if (typeof properties !== 'object' || properties === null) {
    return { rule: 'its User Properties are no object', fix: 'Give an object whose values are strings.' };
  }
  for (const [name, value] of Object.entries(properties)) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!isUtf8String(name) || !values.every(isUtf8String)) return notAString(`User Property ${JSON.stringify(name)}`);
  }
  return undefined;
}

function notAString(property: string): PropertyFault {
  return {
    rule: `its ${property} is no string of at most 65,535 bytes`,
    fix: 'Convert it with String(…), or shorten it.',
  };
}

function isUtf8String(value: unknown): value is string {
  return typeof value === 'string' && Buffer.byteLength(value) <= LONGEST_STRING;
}

function isFourByteInteger(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LARGEST_FOUR_BYTE_INTEGER;
}
