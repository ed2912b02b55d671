import type { MQTTSharedHandlerReport, MQTTSharedStartWarning } from '../observability/start-report.js';
import { adoptionSettings } from './adoption-options.js';
import { listed, methodsOf } from './concerned.js';
import { isPersistent, keptFor } from './session-kind.js';
import type { StartFacts } from './start-warnings.js';

/** What costs messages because a session ends too early. */
export function sessionWarnings(facts: StartFacts): (MQTTSharedStartWarning | undefined)[] {
  const shared = facts.handlers.filter(({ group }) => group !== undefined);
  return [shared.length > 0 ? endsTooEarly(shared, facts) : undefined, notRedelivered(facts)];
}

function endsTooEarly(
  shared: readonly MQTTSharedHandlerReport[],
  { options, limits }: StartFacts,
): MQTTSharedStartWarning | undefined {
  const methods = methodsOf(shared);
  const lost = `is lost on brokers that give it to nobody else (Mosquitto, NanoMQ): ${listed(methods)}.`;
  const held = `what a worker holds when its connection ends, or is renewed for a redelivery, ${lost}`;
  if (!isPersistent(shared[0]?.group, options)) {
    const what = `Without \`adoption\` and without a \`clientId\` sessions are clean: ${held}`;
    const fix = 'Leave `adoption` on, or set a `clientId` under which this worker comes back.';
    return { code: 'CLEAN_SESSION', methods, message: `${what} ${fix}` };
  }
  const seconds = keptFor(options, limits);
  if (seconds === undefined) return undefined;
  const byBroker = limits?.sessionExpiryInterval !== undefined;
  const raise = byBroker ? 'Raise the limit of the broker' : 'Raise `sessionExpiry`';
  if (seconds === 0) {
    const what = `${byBroker ? 'The broker' : '`sessionExpiry: 0`'} ends a session with its connection: ${held}`;
    return { code: 'CLEAN_SESSION', methods, message: `${what} ${raise}.` };
  }
  const adoption = adoptionSettings(options.adoption);
  if (adoption === undefined || seconds * 1_000 > adoption.after) return undefined;
  const kept = `${byBroker ? 'The broker' : '`sessionExpiry`'} keeps a session for ${seconds} s`;
  const what = `${kept}, and only after \`adoption.after\`, ${adoption.after} ms, another worker adopts it`;
  const fix = `${raise}, or lower \`adoption.after\`.`;
  return { code: 'SHORT_SESSION_EXPIRY', methods, message: `${what}: by then what a dead worker held ${lost} ${fix}` };
}

/** A plain subscription has a clean session, whatever was asked for; said where it was asked for by name. */
function notRedelivered({ options, subscriptions }: StartFacts): MQTTSharedStartWarning | undefined {
  const affected = subscriptions
    .filter(({ group }) => group === undefined)
    .flatMap(({ handlers }) => handlers)
    .filter((handler) => (handler.options.onError?.then ?? options.onError?.then) === 'redeliver');
  if (affected.length === 0) return undefined;
  const methods = [...new Set(affected.map(({ name }) => name))];
  return {
    code: 'REDELIVER_WITHOUT_SESSION',
    methods,
    message:
      "Plain subscriptions have clean sessions, where `then: 'redeliver'` means 'ack': what fails for good is lost: " +
      `${listed(methods)}. Use @SharedPattern, or \`then: 'dead-letter'\`.`,
  };
}
