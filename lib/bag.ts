/** Where a member of a {@link Bag} is. */
export interface Place<T> {
  readonly member: T;
  /** -1 when it has been taken out. */
  index: number;
}

/**
 * Members in no order, each taken out by its place, for what comes and goes with every message.
 *
 * Not a `Set`: V8 moves a `Set` or `Map` that is added to and deleted from to a new table again and again. An old table
 * refers to the next and still to what it held, so one that was promoted to the old generation keeps all later ones and
 * their messages from being collected young, which cost a worker a fifth of its CPU time.
 */
export class Bag<T> {
  private readonly places: Place<T>[] = [];

  get size(): number {
    return this.places.length;
  }

  add(member: T): Place<T> {
    const place: Place<T> = { member, index: this.places.length };
    this.places.push(place);
    return place;
  }

  /** Harmless when it has been taken out before. */
  remove(place: Place<T> | undefined): void {
    if (place === undefined || place.index === -1) return;
    const last = this.places.pop();
    if (last !== undefined && last !== place) {
      this.places[place.index] = last;
      last.index = place.index;
    }
    place.index = -1;
  }

  /** As it is now. */
  members(): T[] {
    return this.places.map(({ member }) => member);
  }
}
