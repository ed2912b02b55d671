import { describe, expect, it } from '@jest/globals';
import fc from '../support/fast-check.js';
import { generate, type Packet } from 'mqtt-packet';
import { isLargerThan, publishSize } from '../../lib/publishing/publish-size.js';
import type { OutboundPublish } from '../../lib/session/wire.js';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const messages: fc.Arbitrary<OutboundPublish> = fc.record({
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

describe('the size of a PUBLISH packet', () => {
  it.each([4, 5] as const)('is that of the bytes which leave on protocol version %i', (protocolVersion) => {
    fc.assert(
      fc.property(messages, (message) => {
        const packet = { ...message, cmd: 'publish', dup: false, messageId: 1 } as Packet;
        const size = generate(packet, { protocolVersion }).length;
        expect(publishSize(message, protocolVersion)).toBe(size);
        expect(isLargerThan(size, message, protocolVersion)).toBe(false);
        expect(isLargerThan(size - 1, message, protocolVersion)).toBe(true);
      }),
    );
  });
});
