/* oxlint-disable unicorn/no-thenable -- `then` is the name of an option */
import { afterEach, beforeEach } from '@jest/globals';
import { Controller, type Type } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { type MQTTSharedServerOptions, type MQTTSharedStartReport, SharedPattern } from 'nestjs-mqtt-shared';
import type { EmbeddedBrokerOptions } from 'nestjs-mqtt-shared/testing';
import { Scene } from './worker.js';

@Controller()
export class JobsController {
  @SharedPattern('workers', ['jobs/+size/#', 'jobs/urgent'], { concurrency: 4 })
  resize(): void {}

  @SharedPattern('auditors', 'jobs/#', { qos: 2, onError: { attempts: 1, then: 'dead-letter', deadLetterTopic: 'dl' } })
  audit(): void {}

  @EventPattern('news')
  news(@Payload() _data: unknown): void {}
}

/** As a user has it, without what the scene changes for other tests. */
export const AS_GIVEN: MQTTSharedServerOptions = { clientId: 'w', onError: undefined, receiveMaximum: undefined };

/** Starts servers and reads their reports, in a process that listens for SIGTERM, as with shutdown hooks. */
export class Starts {
  private opened: Scene | undefined;

  static forEachTest(): Starts {
    const starts = new Starts();
    beforeEach(() => void process.on('SIGTERM', starts.nobodyListens));
    afterEach(async () => {
      starts.letNobodyListen();
      await starts.opened?.close();
      starts.opened = undefined;
    });
    return starts;
  }

  private readonly nobodyListens = (): void => {};

  letNobodyListen(): void {
    process.off('SIGTERM', this.nobodyListens);
  }

  get scene(): Scene {
    if (this.opened === undefined) throw new Error('Nothing has been started.');
    return this.opened;
  }

  async open(broker?: EmbeddedBrokerOptions): Promise<Scene> {
    this.opened = await Scene.open(undefined, broker);
    return this.opened;
  }

  async start(
    server: MQTTSharedServerOptions,
    controllers: Type[] = [JobsController],
    broker?: EmbeddedBrokerOptions,
  ): Promise<MQTTSharedStartReport> {
    const scene = await this.open(broker);
    await scene.start({ controllers, server: { ...AS_GIVEN, ...server } });
    return this.reported();
  }

  reported(): MQTTSharedStartReport {
    const report = this.scene.server.startReport;
    if (report === undefined) throw new Error('There is no report.');
    return report;
  }
}
