import { randomUUID } from 'node:crypto';

import { validateTopicName } from '../topic/topic-name.js';
import { NO_RECEIVE_MAXIMUM, type ResolvedBrokerOptions } from './broker-options.js';
import type { BrokerEvents } from './broker-events.js';
import type { Connection } from './connection.js';
import type { ConnectPacket, Packet } from './packets.js';
import { connectReturnCode, ReasonCode } from './reason-code.js';
import type { SessionRegistry } from './session-registry.js';
import type { Session } from './session.js';
import { willOf } from './will.js';

/** Session Expiry Interval 0xFFFFFFFF: the session does not expire (section 3.1.2.11.2). */
const NEVER = 0xff_ff_ff_ff;

/** CONNECT and CONNACK: who comes in, and to which session. */
export class Handshake {
  constructor(
    readonly options: ResolvedBrokerOptions,
    readonly sessions: SessionRegistry,
    readonly events: BrokerEvents,
  ) {}

  /** Returns the session, or `undefined` after a CONNACK that refuses. */
  connect(packet: ConnectPacket, connection: Connection): Session | undefined {
    if (packet.protocolVersion !== 4 && packet.protocolVersion !== 5) {
      refuseVersion(connection, packet.protocolVersion);
      return undefined;
    }
    connection.protocolVersion = packet.protocolVersion;
    const refusal = this.#refusalOf(packet);
    if (refusal !== undefined) {
      refuse(connection, refusal);
      return undefined;
    }
    const clientId = packet.clientId || `assigned-${randomUUID()}`;
    const clean = packet.clean ?? true;
    const { session, sessionPresent } = this.#session(clientId, clean);
    session.expiryInterval = expiryInterval(packet, clean);
    session.will = willOf(packet, clientId);

    connection.clientId = clientId;
    const announced = packet.protocolVersion === 5 ? packet.properties?.receiveMaximum : undefined;
    connection.receiveMaximum = announced ?? this.options.behaviour.windowWithoutReceiveMaximum[packet.protocolVersion];
    connection.maximumPacketSize = packet.properties?.maximumPacketSize ?? Infinity;
    connection.keepalive(packet.keepalive ?? 0);
    connection.send(
      this.#connack({ sessionPresent, announced, assignedClientIdentifier: packet.clientId ? undefined : clientId }),
    );
    const { protocolVersion } = connection;
    this.events.emit('connect', () => ({ clientId, protocolVersion, clean, sessionPresent }));
    session.attach(connection);
    this.sessions.router.gather(session);
    return session;
  }

  #refusalOf(packet: ConnectPacket): number | undefined {
    const { clientId, clean, username, password, will, properties, protocolVersion } = packet;
    if (clientId === '' && !clean && protocolVersion === 4) return ReasonCode.clientIdentifierNotValid;
    if (properties?.authenticationMethod !== undefined) return ReasonCode.badAuthenticationMethod;
    if (properties?.receiveMaximum === 0 || properties?.maximumPacketSize === 0) return ReasonCode.protocolError;
    if (will) {
      if ((will.qos ?? 0) > this.options.maximumQoS) return ReasonCode.qosNotSupported;
      if (will.retain && !this.options.retainAvailable) return ReasonCode.retainNotSupported;
      try {
        validateTopicName(will.topic);
      } catch {
        return ReasonCode.topicNameInvalid;
      }
    }
    const allowed = this.options.authenticate({ clientId, username, password });
    if (typeof allowed === 'boolean') return allowed ? undefined : ReasonCode.badUserNameOrPassword;
    return allowed === 0 ? undefined : allowed;
  }

  /**
   * A second client of this id takes over [MQTT-3.1.4-3]. Its predecessor's will is cancelled with the session kept,
   * and published with the session ended, which is what Mosquitto does.
   */
  #session(clientId: string, clean: boolean): { session: Session; sessionPresent: boolean } {
    const existing = this.sessions.get(clientId);
    if (!existing) return { session: this.sessions.create(clientId), sessionPresent: false };
    const predecessor = existing.connection;
    existing.detach();
    predecessor?.close(this.options.behaviour.takeoverReasonCode);
    // a session that was to end with its connection has ended with it
    if (clean || existing.expiryInterval === 0) {
      this.sessions.end(existing);
      return { session: this.sessions.create(clientId), sessionPresent: false };
    }
    if (predecessor) this.sessions.takeOver(existing);
    else this.sessions.resume(existing);
    return { session: existing, sessionPresent: true };
  }

  #connack({ sessionPresent, announced, assignedClientIdentifier }: Welcome): Packet {
    const { maximumQoS, maximumPacketSize, retainAvailable, sharedSubscriptions, behaviour } = this.options;
    const { announces } = behaviour;
    return {
      cmd: 'connack',
      sessionPresent,
      returnCode: 0,
      reasonCode: ReasonCode.success,
      // an absent property has the most permissive value, so only limits are said, and what a behaviour adds
      properties: {
        ...announces,
        assignedClientIdentifier,
        receiveMaximum: announces.receiveMaximum === 'echo' ? announced : this.#receiveMaximum,
        maximumQoS: maximumQoS === 2 ? undefined : maximumQoS,
        maximumPacketSize: maximumPacketSize === Infinity ? undefined : maximumPacketSize,
        retainAvailable: retainAvailable ? undefined : false,
        sharedSubscriptionAvailable: sharedSubscriptions ? announces.sharedSubscriptionAvailable : false,
      },
    };
  }

  get #receiveMaximum(): number | undefined {
    const { receiveMaximum } = this.options;
    return receiveMaximum === NO_RECEIVE_MAXIMUM ? undefined : receiveMaximum;
  }
}

interface Welcome {
  readonly sessionPresent: boolean;
  /** The client's Receive Maximum. */
  readonly announced: number | undefined;
  readonly assignedClientIdentifier: string | undefined;
}

function expiryInterval({ protocolVersion, properties }: ConnectPacket, clean: boolean): number {
  if (protocolVersion !== 5) return clean ? 0 : Infinity;
  const seconds = properties?.sessionExpiryInterval ?? 0;
  return seconds === NEVER ? Infinity : seconds;
}

function refuse(connection: Connection, reasonCode: number): void {
  const returnCode = connectReturnCode(reasonCode);
  connection.send({ cmd: 'connack', sessionPresent: false, reasonCode, returnCode });
  connection.close();
}

/** In the words of the nearest version that there is: [MQTT-3.1.2-2] for those above, 3.1.1 for those below. */
export function refuseVersion(connection: Connection, claimedVersion = 0): void {
  connection.protocolVersion = claimedVersion > 5 ? 5 : 4;
  refuse(connection, ReasonCode.unsupportedProtocolVersion);
}
