import type { FailedMessage } from '../../lib/failure/failure-policy.js';

/** A message of `jobs/a` that failed for good, but for what the test says. */
export function failedMessage({
  packet,
  ...failed
}: Partial<Omit<FailedMessage, 'packet'>> & { packet?: Partial<FailedMessage['packet']> } = {}): FailedMessage {
  return {
    group: 'workers',
    filter: 'jobs/#',
    handler: 'JobsController.work',
    message: undefined,
    error: new Error('broken'),
    attempts: 3,
    ...failed,
    packet: {
      topic: 'jobs/a',
      payload: Buffer.from('payload'),
      qos: 1,
      dup: false,
      retain: false,
      packetId: 1,
      properties: undefined,
      ...packet,
    },
  };
}
