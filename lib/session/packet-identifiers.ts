import type { IClientOptions } from 'mqtt';
import { PacketIdMap } from '../packet-id-map.js';
import type { PublishDone } from './wire.js';

type Provider = NonNullable<IClientOptions['messageIdProvider']>;

const LAST = 65_535;
const OF_MQTT_JS: PublishDone = () => {};

/**
 * The Packet Identifiers of one connection: those that mqtt.js takes for its packets, and those of what is published past
 * it. One is not given out again while it is in use [MQTT-2.2.1-3], which mqtt.js alone does not see to.
 */
export class PacketIdentifiers implements Provider {
  private readonly inUse = new PacketIdMap<PublishDone>();
  private last = 0;

  /** `null` when all are in use. */
  allocate(done: PublishDone = OF_MQTT_JS): number | null {
    if (this.inUse.size === LAST) return null;
    do this.last = (this.last % LAST) + 1;
    while (this.inUse.get(this.last) !== undefined);
    this.inUse.set(this.last, done);
    return this.last;
  }

  /** Who waits for PUBACK. What mqtt.js waits for is left to it. */
  awaited(packetId: number): PublishDone | undefined {
    const done = this.inUse.get(packetId);
    return done === OF_MQTT_JS ? undefined : done;
  }

  getLastAllocated(): number | null {
    return this.last === 0 ? null : this.last;
  }

  register(packetId: number): boolean {
    if (this.inUse.get(packetId) !== undefined) return false;
    this.inUse.set(packetId, OF_MQTT_JS);
    return true;
  }

  deallocate(packetId: number): void {
    this.inUse.delete(packetId);
  }

  clear(): void {}
}
