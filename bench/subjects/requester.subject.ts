import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { ClientMqtt, type ClientProxy, MqttRecordBuilder } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { ClientMQTTShared } from '../../lib/index.js';
import { childInput, tellParent } from '../support/child.js';
import { now } from '../support/clock.js';
import { type Hold, type Load, Recorder, type RequesterInput, type Stamped } from '../support/latency.js';
import { sendAll } from '../support/pace.js';

const { url, client: kind, qos, topic } = childInput<RequesterInput>();
const recorder = new Recorder(tellParent);
const client = (
  kind === 'shared'
    ? new ClientMQTTShared({ url, qos })
    : new ClientMqtt({ url, protocolVersion: 5, subscribeOptions: { qos } })
) as ClientProxy;
Logger.overrideLogger(['error', 'warn']);
await client.connect();
// Nest's client gives up the subscription to replies with its last open request. If the next one comes before that is
// through, its reply is lost; one that stays open prevents that.
const hold: Hold = { hold: true };
if (kind === 'nest') client.send(topic, hold).subscribe();

process.on('message', (load: Load) => {
  recorder.expect(load.messages);
  void sendAll(load, async () => {
    const sent = now();
    // A record costs something; only whoever asks Nest's client for more than QoS 0 needs one.
    const request: Stamped = { sent };
    const data = kind === 'nest' && qos > 0 ? new MqttRecordBuilder(request).setQoS(qos).build() : request;
    await lastValueFrom(client.send(topic, data));
    recorder.add(sent);
  });
});
tellParent({ ready: true });
