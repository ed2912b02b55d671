import { describe, expect, test } from '@jest/globals';
import type { Verdict } from './peculiarities.js';
import type { ProtocolStage } from './protocol-stage.js';

export function filters(stage: ProtocolStage): void {
  const { connect, peculiar, protocolVersion, scene } = stage;
  describe('a filter', () => {
    /** Granted, refused in SUBACK, or answered with the end of the connection. */
    async function verdict(filter: string, nl = false): Promise<Verdict> {
      stage.nextTopic();
      const client = await connect('client');
      client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos: 1, nl }] });
      await Promise.race([client.waitFor(({ cmd }) => cmd === 'suback').catch(() => undefined), client.closed]);
      const suback = client.packets.find(({ cmd }) => cmd === 'suback');
      if (suback?.cmd !== 'suback') return 'disconnected';
      const [reasonCode] = suback.granted as number[];
      return reasonCode === 1 ? 'granted' : `refused 0x${reasonCode?.toString(16)}`;
    }

    test.each(['a/+/b/#', '+/+/#', '/', '$share/g/a/+/b/#'])('%s is granted', async (filter) => {
      expect(await verdict(filter)).toBe('granted');
    });

    test.each([
      'a/#/b',
      'a+/b',
      'a#',
      '$share/g',
      '$share/g/',
      '$share/g+/t',
      '$share/g#/t',
      '$share/g/a/#/b',
      '$share//t',
      '$share/+/t',
    ])('%s is refused, unless the broker is known to take it', async (filter) => {
      const accepted = peculiar.acceptedFilters.includes(filter);
      expect(await verdict(filter)).toBe(accepted ? 'granted' : peculiar.refusal[protocolVersion]);
    });

    if (protocolVersion === 5) {
      test('of a shared subscription with No Local is a protocol error, or accepted where that is peculiar', async () => {
        expect(await verdict('$share/g/t', true)).toBe(peculiar.acceptsNoLocalOnShared ? 'granted' : 'disconnected');
      });

      test('that was not subscribed to is answered with 0x11 by UNSUBACK', async () => {
        await scene();
        const client = await connect('client');
        await client.subscribe(`${stage.root}/a`);
        expect(await client.unsubscribe(`${stage.root}/a`)).toEqual([0]);
        expect(await client.unsubscribe(`${stage.root}/a`)).toEqual([0x11]);
      });
    }
  });
}
