import { Gate } from './gate.js';

/** One lane for each key in use: messages of one key go through it one after another. */
export class KeyLanes {
  private readonly lanes = new Map<string, Gate>();

  get size(): number {
    return this.lanes.size;
  }

  lane(key: string): Gate {
    let lane = this.lanes.get(key);
    if (lane === undefined) {
      lane = new Gate(1);
      this.lanes.set(key, lane);
    }
    return lane;
  }

  /** Forgets a lane that nobody is in, so that memory does not grow with the keys ever seen. */
  tidy(key: string): void {
    if (this.lanes.get(key)?.idle) this.lanes.delete(key);
  }
}
