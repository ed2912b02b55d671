import 'reflect-metadata';
import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, MqttRecordBuilder, Payload, ServerMqtt } from '@nestjs/microservices';
import type { Packet } from 'mqtt-packet';
import { NEVER } from 'rxjs';
import { childInput, tellParent } from '../support/child.js';
import type { DrainInput } from '../support/drain.js';
import { Recorder, type Stamped } from '../support/latency.js';
import { listen } from '../support/nest-app.js';

const { url, protocolVersion } = childInput<DrainInput>();
const recorder = new Recorder(tellParent);
process.on('message', ({ messages }: { messages: number }) => {
  recorder.expect(messages);
  tellParent({ expecting: messages });
});

@Controller()
class LatencyController {
  @EventPattern('$share/workers/events/nest')
  async event(@Payload() event: object): Promise<void> {
    recorder.add((event as Stamped).sent);
  }

  @MessagePattern('$share/workers/requests/nest')
  async request(@Payload() request: object): Promise<unknown> {
    return 'hold' in request ? NEVER : request;
  }

  /** Its reply is as safe as the request, which Nest leaves to the handler. */
  @MessagePattern('$share/workers/requests/nest-qos-1')
  async requestAtQoS1(@Payload() request: object): Promise<unknown> {
    return 'hold' in request ? NEVER : new MqttRecordBuilder(request).setQoS(1).build();
  }
}

const strategy = new ServerMqtt({ url, protocolVersion, subscribeOptions: { qos: 1 } });
let subscriptions = 3;
// `listen()` completes with CONNACK, before the broker has taken the subscriptions.
strategy.on(
  'packetreceive' as never,
  (({ cmd }: Packet) => {
    if (cmd === 'suback' && --subscriptions === 0) tellParent({ ready: true });
  }) as never,
);
await listen(LatencyController, { strategy });
