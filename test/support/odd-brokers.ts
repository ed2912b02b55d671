import { actAsPlainBroker, withoutShare } from './plain-broker.js';
import type { Scene } from './scene.js';
import { ScriptedServer } from './scripted-server.js';

type Start = (scene: Scene) => Promise<string>;

const scripted =
  (script: (server: ScriptedServer) => unknown): Start =>
  async (scene) => {
    const server = await ScriptedServer.start();
    scene.onClose(() => server.stop());
    script(server);
    return server.url;
  };

/** Shared subscriptions, and nothing else. */
const refusesShared = (reasonCode: number) => (filter: string) =>
  filter.startsWith('$share') ? reasonCode : undefined;

const refusing = (reasonCode: number): Start =>
  scripted((server) => actAsPlainBroker(server, { refuses: refusesShared(reasonCode) }));

/** It answers CONNECT with the Reason Code of 5.0, or the return code of 3.1.1. */
const turningAway = (reasonCode: number, returnCode: number): Start =>
  scripted((server) => {
    server.script = (connection) => {
      connection.accept({ reasonCode, returnCode });
      connection.end();
    };
  });

/** What the broker that wants another password was shown. */
export const shownPasswords = new Set<string | undefined>();

/** How to start each; resolves with its address. */
export const ODD_BROKERS = {
  'grants `$share` as an ordinary filter': scripted(actAsPlainBroker),
  'gives every member every message': scripted((server) => actAsPlainBroker(server, { filterOf: withoutShare })),
  'delivers nothing on what it grants': scripted((server) =>
    actAsPlainBroker(server, { filterOf: withoutShare, delivers: (filter) => !filter.startsWith('$share') }),
  ),
  'delivers nothing at all': scripted((server) => actAsPlainBroker(server, { delivers: () => false })),
  'forbids to publish': scripted((server) => {
    actAsPlainBroker(server, {
      delivers: () => false,
      puback: (_, { protocolVersion }) => (protocolVersion === 5 ? 0x87 : 0),
    });
  }),
  'refuses shared subscriptions': async (scene) => (await scene.embeddedBroker({ sharedSubscriptions: false })).url,
  'refuses subscriptions with 0x80': refusing(0x80),
  'refuses subscriptions with 0x8f': refusing(0x8f),
  'refuses subscriptions with 0x9e': refusing(0x9e),
  'ends the connection on SUBSCRIBE': scripted((server) => {
    server.script = (connection) => {
      connection.onPacket = ({ cmd }) => cmd === 'subscribe' && connection.destroy();
      connection.accept();
    };
  }),
  'ends the connection on a shared SUBSCRIBE': scripted((server) => {
    actAsPlainBroker(server);
    const { script } = server;
    server.script = (connection, connect) => {
      script(connection, connect);
      const { onPacket } = connection;
      connection.onPacket = (packet) => {
        const isShared =
          packet.cmd === 'subscribe' && packet.subscriptions.some(({ topic }) => topic.startsWith('$share'));
        if (isShared) connection.destroy();
        else onPacket(packet);
      };
    };
  }),
  'hangs after CONNECT': scripted((server) => {
    server.script = () => {};
  }),
  'hangs after SUBSCRIBE': scripted(() => {}),
  'hangs when it is told to let go': scripted((server) => {
    actAsPlainBroker(server);
    const { script } = server;
    server.script = (connection, connect) => {
      connection.disconnected = () => {};
      script(connection, connect);
    };
  }),
  'closes every connection': scripted((server) => {
    server.script = (connection) => connection.destroy();
  }),
  'is a web server': scripted((server) => {
    server.script = (connection) => {
      connection.write(Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'));
      connection.end();
    };
  }),
  'is not there': () => Promise.resolve('mqtt://127.0.0.1:1'),
  'wants another password': async (scene) => {
    const authenticate = ({ password }: { password: Buffer | undefined }): boolean => {
      shownPasswords.add(password?.toString());
      return false;
    };
    return (await scene.embeddedBroker({ authenticate })).url;
  },
  'lets nobody in': turningAway(0x87, 5),
  'takes no Client Identifier': turningAway(0x85, 2),
  'is busy': turningAway(0x89, 3),
  'speaks 3.1.1 only and refuses': scripted((server) => {
    actAsPlainBroker(server, { refuses: refusesShared(0x80) });
    const { script } = server;
    server.script = (connection, connect) => {
      if (connect.protocolVersion === 5) connection.accept({ returnCode: 1, reasonCode: 0x84 });
      else script(connection, connect);
    };
  }),
} satisfies Record<string, Start>;

export type OddBroker = keyof typeof ODD_BROKERS;
