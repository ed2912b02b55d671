/**
 * What stands under each Packet Identifier in use.
 *
 * An array and no `Map`, for the reason for which `Bag` is no `Set`. It is as long as the highest Packet Identifier that
 * the server has used; at 65,535 that is half a mebibyte.
 */
export class PacketIdMap<T extends object> {
  private readonly values: (T | undefined)[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(packetId: number): T | undefined {
    return this.values[packetId];
  }

  set(packetId: number, value: T): void {
    if (this.values[packetId] === undefined) this.count++;
    this.values[packetId] = value;
  }

  delete(packetId: number): void {
    if (this.values[packetId] === undefined) return;
    this.values[packetId] = undefined;
    this.count--;
  }

  forEach(visit: (value: T, packetId: number) => void): void {
    this.values.forEach((value, packetId) => {
      if (value !== undefined) visit(value, packetId);
    });
  }
}
