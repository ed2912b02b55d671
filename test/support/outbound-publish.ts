import type { OutboundPublish } from '../../lib/session/wire.js';
import fc from './fast-check.js';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
/** What a client may publish, with and without properties. */
export const outboundPublish: fc.Arbitrary<OutboundPublish> = fc.record({
  topic: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((topic) => !/[+#\0]/.test(topic)),
  payload: fc.oneof(
    text,
    fc.constantFrom(0, 100, 127, 128, 16_383, 16_384, 2_097_152).map((length) => Buffer.alloc(length)),
  ),
  qos: fc.constantFrom(0, 1, 2),
  retain: fc.boolean(),
  properties: fc.option(
    fc.record(
      {
        payloadFormatIndicator: fc.boolean(),
        messageExpiryInterval: fc.nat(),
        responseTopic: fc.constant('answers/1'),
        correlationData: fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array)),
        contentType: text,
        userProperties: fc.dictionary(
          text.filter((name) => name !== '__proto__'),
          fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })),
          { minKeys: 1, maxKeys: 3, noNullPrototype: true },
        ),
      },
      { requiredKeys: [] },
    ),
    { nil: undefined },
  ),
});
