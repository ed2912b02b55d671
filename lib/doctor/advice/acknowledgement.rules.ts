import { findingOf } from '../examination.js';
import type { Rule } from './advice.js';

/** What acknowledgements, UNSUBSCRIBE and SUBSCRIBE do to messages in flight. */
export const ACKNOWLEDGEMENT_RULES: readonly Rule[] = [
  (version) => {
    if (!findingOf(version, 'ackOrder')?.tolerated) return undefined;
    return {
      level: 'good',
      says: "Acknowledgements are taken in any order: `ackOrder: 'completion'` is possible, where a slow message is not to hold back those behind it.",
    };
  },
  (version) => {
    const finding = findingOf(version, 'ackOrder');
    if (finding === undefined || finding.tolerated) return undefined;
    return {
      level: 'note',
      says: "Acknowledgements must leave in order: keep `ackOrder` at `'arrival'`, its default.",
    };
  },
  (version) => {
    const finding = findingOf(version, 'negativeAck');
    if (finding === undefined) return undefined;
    return finding.final
      ? { level: 'note', says: "A negative acknowledgement is final: `onError.then: 'reject'` ends a message." }
      : {
          level: 'warning',
          says: "A message comes again after a negative acknowledgement: with `onError.then: 'reject'` it may go round for ever.",
        };
  },
  (version) => {
    const finding = findingOf(version, 'unsubscribe');
    if (finding === undefined || finding.redelivered === 0) return undefined;
    return {
      level: 'warning',
      says: 'UNSUBSCRIBE hands out again what is in flight: a worker that is told to stop while it works may see those messages run twice.',
    };
  },
  (version) => {
    const finding = findingOf(version, 'unsubscribe');
    if (finding === undefined || finding.lost === 0) return undefined;
    return { level: 'problem', says: 'Messages that were queued for a worker when it unsubscribes are lost.' };
  },
  (version) => {
    const finding = findingOf(version, 'resubscribe');
    if (finding === undefined || finding.redelivered === 0) return undefined;
    return {
      level: 'note',
      says: 'A second SUBSCRIBE delivers again what is in flight; workers do not subscribe to what a session has.',
    };
  },
  (version) => {
    if (!findingOf(version, 'resends')?.resends) return undefined;
    return {
      level: 'note',
      says: 'Unacknowledged messages come again on the same connection; a worker does not run what runs there already.',
    };
  },
];
