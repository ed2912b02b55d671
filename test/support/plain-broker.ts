import type { IPublishPacket, Packet } from 'mqtt-packet';
import type { ScriptedConnection, ScriptedServer } from './scripted-server.js';

export interface PlainBrokerOptions {
  /** How a filter is read. Default: as it is, so that `$share/g/t` matches the topic `$share/g/t` only. */
  filterOf?: (filter: string) => string;
  /** Whether a message is delivered at all. */
  delivers?: (filter: string, to: ScriptedConnection) => boolean;
  /** The Reason Code of failure for a filter; `undefined` grants it. On 3.1.1 there is 0x80 alone. */
  refuses?: (filter: string) => number | undefined;
  /** The Reason Code for a message; 0 by default. On 3.1.1 there is none. */
  puback?: (publish: IPublishPacket, connection: ScriptedConnection) => number;
}

/** Answers as a broker that knows no shared subscriptions and grants every filter; it has no wildcards. */
export function actAsPlainBroker(server: ScriptedServer, options: PlainBrokerOptions = {}): void {
  const { filterOf = (filter) => filter, delivers = () => true, refuses = () => undefined, puback = () => 0 } = options;
  const subscriptions: { filter: string; connection: ScriptedConnection }[] = [];
  let lastId = 0;
  const answer = (connection: ScriptedConnection, packet: Packet): void => {
    switch (packet.cmd) {
      case 'subscribe':
        for (const { topic } of packet.subscriptions.filter(({ topic }) => refuses(topic) === undefined)) {
          subscriptions.push({ filter: topic, connection });
        }
        connection.send({
          cmd: 'suback',
          messageId: packet.messageId,
          granted: packet.subscriptions.map(({ topic, qos }) => {
            const refusal = refuses(topic);
            if (refusal === undefined) return qos;
            return connection.protocolVersion === 5 ? refusal : 0x80;
          }),
        });
        break;
      case 'unsubscribe': {
        const { messageId, unsubscriptions } = packet;
        connection.send({ cmd: 'unsuback', messageId, granted: unsubscriptions.map(() => 0) });
        break;
      }
      case 'publish': {
        if (packet.qos === 1) {
          connection.send({ cmd: 'puback', messageId: packet.messageId, reasonCode: puback(packet, connection) });
        }
        const matching = subscriptions.filter(
          ({ filter, connection: to }) => filterOf(filter) === packet.topic && delivers(filter, to),
        );
        for (const { connection: subscriber } of matching) {
          lastId++;
          if (subscriber.open) subscriber.send({ ...packet, dup: false, qos: 1, messageId: lastId });
        }
        break;
      }
      default:
    }
  };
  server.script = (connection) => {
    connection.onPacket = (packet) => answer(connection, packet);
    connection.accept();
  };
}

/** As some brokers do that keep `$share/` from the rest of the filter and share nothing. */
export function withoutShare(filter: string): string {
  return filter.replace(/^\$share\/[^/]+\//, '');
}
