import { describe, expect, it } from '@jest/globals';
import fc from '../support/fast-check.js';
import { generate, type Packet } from 'mqtt-packet';
import { isLargerThan } from '../../lib/publishing/publish-size.js';
import { publishSize } from '../../lib/session/publish-packet.js';
import { outboundPublish } from '../support/outbound-publish.js';

describe('the size of a PUBLISH packet', () => {
  it.each([4, 5] as const)('is that of the bytes which leave on protocol version %i', (protocolVersion) => {
    fc.assert(
      fc.property(outboundPublish, (message) => {
        const packet = { ...message, cmd: 'publish', dup: false, messageId: 1 } as Packet;
        const size = generate(packet, { protocolVersion }).length;
        expect(publishSize(message, protocolVersion)).toBe(size);
        expect(isLargerThan(size, message, protocolVersion)).toBe(false);
        expect(isLargerThan(size - 1, message, protocolVersion)).toBe(true);
      }),
    );
  });
});
