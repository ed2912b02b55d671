import { ClientMQTTShared } from '../../lib/client/client-mqtt-shared.js';
import type { ClientMQTTSharedOptions } from '../../lib/client/client-options.js';
import type { OutboundPublish, Wire, WireListener, WireOptions } from '../../lib/session/wire.js';
import { FakeWire, type FakeWireOptions } from '../support/fake-wire.js';

/** A client whose connections the test opens, or refuses. */
export class ScriptedClient extends ClientMQTTShared {
  /** Connections so far, the newest last. */
  readonly wires: FakeWire[] = [];
  readonly opened: WireOptions[] = [];
  /** What the next connection is, or why there is none. */
  next: FakeWireOptions | Error | Promise<FakeWireOptions> = {};
  /** Sees each connection before its owner does. */
  prepare: (wire: FakeWire) => void = () => {};

  constructor(options: ClientMQTTSharedOptions = {}) {
    super(options);
    this.next = { protocolVersion: options.protocolVersion };
  }

  get current(): FakeWire {
    return this.wires.at(-1)!;
  }

  get published(): OutboundPublish[] {
    return this.wires.flatMap(({ sent }) => sent.map(({ message }) => message));
  }

  protected override async openWire(options: WireOptions, listener: WireListener): Promise<Wire> {
    this.opened.push(options);
    const next = await this.next;
    if (next instanceof Error) throw next;
    const wire = new FakeWire({ protocolVersion: options.protocolVersion, ...next });
    wire.listener = listener;
    this.wires.push(wire);
    this.prepare(wire);
    return wire;
  }
}
