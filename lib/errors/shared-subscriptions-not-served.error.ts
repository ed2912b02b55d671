import { MQTTSharedError } from './mqtt-shared.error.js';

/**
 * The broker granted a Shared Subscription and does not serve it: nobody gets its messages, or every member gets each of
 * them. `listen()` tries that on brokers that it does not recognise.
 *
 * @publicApi
 */
export class SharedSubscriptionsNotServedError extends MQTTSharedError {
  readonly code = 'SHARED_SUBSCRIPTIONS_NOT_SERVED';

  constructor(
    readonly address: string,
    /** Those of this server, as subscribed. */
    readonly filters: readonly string[],
    /** Who gets a message. */
    readonly delivered: 'nobody' | 'everyone',
  ) {
    super(
      `The broker at ${address} granted the Shared Subscriptions of this server, ${filters.map((filter) => `"${filter}"`).join(', ')}, ` +
        `and does not share: ${SEEN[delivered]} Use a broker that has shared subscriptions; ` +
        `\`npx nestjs-mqtt-shared doctor ${address}\` examines this one. If you know better, the option \`broker\` with ` +
        `the name or profile of a broker leaves this test out.`,
    );
  }
}

const SEEN = {
  nobody:
    'of test messages, which an ordinary subscription got, none came on a shared one. It takes `$share/…` for an ' +
    'ordinary filter, or for nothing.',
  everyone: 'a test message came to both members of a shared one, so every worker would run every job.',
} as const;
