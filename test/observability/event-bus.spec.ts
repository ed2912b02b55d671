import { describe, expect, it, jest } from '@jest/globals';
import { EventBus } from '../../lib/observability/event-bus.js';

const resumed = (connection: string) => ({ type: 'resumed', connection }) as const;

describe('EventBus', () => {
  it('tells each listener of its own kind of event, in the order in which they came', () => {
    const heard: string[] = [];
    const events = new EventBus(() => {});
    events.on('resumed', ({ connection }) => heard.push(`first ${connection}`));
    events.on('resumed', ({ connection }) => heard.push(`second ${connection}`));
    events.on('paused', () => heard.push('paused'));
    events.emit(resumed('a'));
    expect(heard).toEqual(['first a', 'second a']);
  });

  it('says whether anybody listens, so that events nobody hears need not be made', () => {
    const events = new EventBus(() => {});
    expect(events.hears('resumed')).toBe(false);
    const [offFirst, offSecond] = [events.on('resumed', () => {}), events.on('resumed', () => {})];
    offFirst();
    offFirst();
    expect(events.hears('resumed')).toBe(true);
    offSecond();
    expect(events.hears('resumed')).toBe(false);
  });

  it('does not end the listening of others that came after one had left for good', () => {
    const events = new EventBus(() => {});
    const off = events.on('resumed', () => {});
    off();
    const heard = jest.fn();
    events.on('resumed', heard);
    off();
    events.emit(resumed('a'));
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('lets a listener leave while it is being told', () => {
    const heard: string[] = [];
    const events = new EventBus(() => {});
    const off = events.on('resumed', () => {
      heard.push('once');
      off();
    });
    events.on('resumed', () => heard.push('always'));
    events.emit(resumed('a'));
    events.emit(resumed('b'));
    expect(heard).toEqual(['once', 'always', 'always']);
  });

  it('keeps what a listener throws from the other listeners and from whoever emits', () => {
    const failures: unknown[] = [];
    const heard = jest.fn();
    const events = new EventBus((error, type) => failures.push([(error as Error).message, type]));
    events.on('resumed', () => {
      throw new Error('listener');
    });
    events.on('resumed', heard);
    events.emit(resumed('a'));
    expect(failures).toEqual([['listener', 'resumed']]);
    expect(heard).toHaveBeenCalledTimes(1);
  });
});
