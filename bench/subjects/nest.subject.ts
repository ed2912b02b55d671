import 'reflect-metadata';
import { Controller } from '@nestjs/common';
import { EventPattern, Payload, ServerMqtt } from '@nestjs/microservices';
import type { Packet } from 'mqtt-packet';
import { FILTER, type Job } from '../support/job.js';
import { listen } from '../support/nest-app.js';
import { SESSION_EXPIRY } from '../support/settings.js';
import { input, meter, subscribed } from '../support/subject.js';

const { url, protocolVersion, name, qos } = input;

@Controller()
class JobsController {
  @EventPattern(`$share/${name}/${FILTER}`)
  async resize(@Payload() job: unknown): Promise<void> {
    meter.end(job as Job);
  }
}

const strategy = new ServerMqtt({
  url,
  protocolVersion,
  clientId: name,
  clean: false,
  properties: protocolVersion === 5 ? { sessionExpiryInterval: SESSION_EXPIRY } : undefined,
  subscribeOptions: { qos },
});
// `listen()` completes with CONNACK, before the broker has taken the subscription.
strategy.on('packetreceive' as never, ((packet: Packet) => packet.cmd === 'suback' && subscribed()) as never);
await listen(JobsController, { strategy });
