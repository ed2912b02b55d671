import 'reflect-metadata';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { SharedPattern } from '../../lib/index.js';
import { childInput, tellParent } from '../support/child.js';
import type { DrainInput } from '../support/drain.js';
import { Recorder, type Stamped } from '../support/latency.js';
import { listen } from '../support/nest-app.js';
import { sharedServer } from '../support/shared-server.js';

const input = childInput<DrainInput>();
const recorder = new Recorder(tellParent);
process.on('message', ({ messages }: { messages: number }) => {
  recorder.expect(messages);
  tellParent({ expecting: messages });
});

@Controller()
class LatencyController {
  @SharedPattern('events/shared')
  async event(@Payload() { sent }: Stamped): Promise<void> {
    recorder.add(sent);
  }

  @SharedPattern('requests/shared')
  async request(@Payload() request: Stamped): Promise<Stamped> {
    return request;
  }
}

await listen(LatencyController, { strategy: sharedServer(input) });
tellParent({ ready: true });
