import 'reflect-metadata';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { SharedPattern } from 'nestjs-mqtt-shared';
import { Scene } from '../support/scene.js';

let begin: () => void;
const begun = new Promise<void>((resolve) => (begin = resolve));
let finish: () => void;
const finished = new Promise<void>((resolve) => (finish = resolve));

@Controller()
class JobsController {
  @SharedPattern('workers', 'jobs/+')
  async handle(): Promise<void> {
    begin();
    await finished;
  }
}

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

it('A worker that finishes what it has in hand answers those who ask meanwhile who is there', async () => {
  const broker = await scene.embeddedBroker();
  const options = { url: broker.url, adoption: { after: 10 }, drainTimeout: 30_000, broker: 'mosquitto' } as const;
  const leaving = await scene.worker({ ...options, clientId: 'w1' }, JobsController);
  await broker.publish('jobs/1', 'job', { qos: 1 });
  await begun;
  const left = leaving.close();
  const answer = new Promise<string>((resolve) => {
    let isAsked = false;
    broker.on('publish', ({ topic, payload, publisher }) => {
      isAsked ||= topic.endsWith('/workers/roll-call');
      if (isAsked && publisher === 'w1:workers:0') resolve(payload.toString());
    });
  });
  await scene.worker({ ...options, clientId: 'w2' }, JobsController);
  const said = await answer;
  finish();
  await left;

  expect(JSON.parse(said)).toMatchObject({ state: 'alive' });
});
