import type { LoggerService } from '@nestjs/common';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { EventBus } from '../../lib/observability/event-bus.js';
import type { MessageInfo } from '../../lib/observability/events.js';
import { logEvents } from '../../lib/observability/log-events.js';

const message: MessageInfo = {
  connection: 'worker-1',
  group: 'workers',
  filter: 'jobs/#',
  topic: 'jobs/a',
  qos: 1,
  packetId: 7,
};

let lines: string[];
let events: EventBus;

beforeEach(() => {
  lines = [];
  events = new EventBus((error) => {
    throw error;
  });
  const write = (level: string) => (line: string) => lines.push(`${level}: ${line}`);
  const logger: LoggerService = { log: write('log'), warn: write('warn'), error: write('error') };
  logEvents(events, logger);
});

describe('The log', () => {
  it('names the message, the method and the wait when an attempt has failed, and the end of the attempts as an error', () => {
    const failed = { type: 'failed', message, handler: 'Jobs.resize', error: new Error('disk full') } as const;
    events.emit({ ...failed, attempt: 1, retryIn: 249.6 });
    events.emit({ ...failed, attempt: 2, retryIn: undefined });
    expect(lines).toEqual([
      expect.stringMatching(
        /^warn: Jobs\.resize .*"jobs\/a" \(QoS 1, Packet Identifier 7\), attempt 1: disk full.* 250 ms/,
      ),
      expect.stringMatching(/^error: Jobs\.resize .*attempt 2: disk full.*not tried again here/),
    ]);
  });

  it('says what Nest’s filters have made of an error', () => {
    const error = { status: 'error', message: 'Internal server error' };
    events.emit({ type: 'failed', message, handler: undefined, attempt: 0, error, retryIn: undefined });
    expect(lines).toEqual([expect.stringMatching(/^error: No handler failed .*Internal server error/)]);
  });

  it('does not speak of a Packet Identifier at QoS 0', () => {
    const qos0 = { ...message, qos: 0, packetId: 0 } as const;
    events.emit({ type: 'failed', message: qos0, handler: 'a', attempt: 1, error: 'x', retryIn: undefined });
    expect(lines[0]).toContain('(QoS 0)');
  });

  it('tells of acknowledgements that were not sent and of messages that will come again', () => {
    events.emit({ type: 'held', message, error: undefined });
    events.emit({ type: 'acknowledgement-dropped', message });
    expect(lines).toEqual([expect.stringMatching(/^warn: .*"jobs\/a"/), expect.stringMatching(/^warn: .*"jobs\/a"/)]);
  });

  it('tells of a lost connection as an error, and says nothing of one that was ended on purpose', () => {
    events.emit({ type: 'disconnected', connection: 'worker-1', error: new Error('worker-1 was cut.'), lived: 9_000 });
    events.emit({ type: 'disconnected', connection: 'worker-1', error: undefined, lived: 9_000 });
    expect(lines).toEqual([expect.stringMatching(/^error: .*worker-1.*cut/)]);
  });

  it('asks whether two have one Client Identifier when a connection ends twice soon after it was up', () => {
    const lost = { type: 'disconnected', connection: 'worker-1', error: new Error('cut.') } as const;
    for (const lived of [1_000, undefined, 1_000]) events.emit({ ...lost, lived });
    expect(lines).toHaveLength(3);
    events.emit({ ...lost, lived: 1_000 });
    expect(lines.slice(4)).toEqual([expect.stringMatching(/^error: Is another process .*"worker-1"/)]);
  });

  it('names the broker and the subscriptions of a connection', () => {
    const filters = ['$share/workers/jobs/#'];
    events.emit({
      type: 'connected',
      address: 'mqtt://broker:1883',
      connection: 'worker-1',
      sessionPresent: true,
      filters,
      limits: undefined,
    });
    expect(lines).toEqual([
      'log: Connected to mqtt://broker:1883 as "worker-1", session resumed: $share/workers/jobs/#.',
    ]);
  });

  it('tells what closing waits for', () => {
    events.emit({ type: 'draining', connection: 'worker-1', group: 'jobs', running: 0, waiting: 0 });
    events.emit({ type: 'draining', connection: 'worker-2', group: 'jobs', running: 1, waiting: 0 });
    expect(lines).toEqual([
      expect.stringMatching(/^log: Closing "worker-2" of group "jobs": waiting for 1 message, 1 of them running/),
    ]);
  });

  it('tells at the end how much was left, and of which group', () => {
    events.emit({ type: 'drained', connection: 'worker-1', group: undefined, left: 0, handedOver: false });
    events.emit({ type: 'drained', connection: 'worker-2', group: 'jobs', left: 3, handedOver: false });
    expect(lines).toEqual([
      expect.stringMatching(/^log: Closed "worker-1": everything/),
      expect.stringMatching(/^warn: Closed "worker-2" of group "jobs": 3 messages/),
    ]);
  });

  it('says nothing of what goes well with each message', () => {
    events.emit({ type: 'received', message, redelivered: false });
    events.emit({ type: 'started', message, handler: 'a', attempt: 1 });
    events.emit({ type: 'handled', message, duration: 1 });
    events.emit({ type: 'acknowledged', message, reasonCode: 0 });
    expect(lines).toEqual([]);
  });
});
