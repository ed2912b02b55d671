/** Topics that `ClientMQTTShared` listens on for replies begin with this; a random instance id follows. @publicApi */
export const REPLY_TOPIC_PREFIX = 'nestjs-mqtt-shared/reply/';

/** What Nest's own MQTT transport appends to the topic of a request to make the topic of its replies. */
export const NEST_REPLY_SUFFIX = '/reply';

/** User Property that says what a reply means; see {@link ReplyKind}. */
export const REPLY_KIND = 'nest-reply';

/**
 * `next`: a value, more may come. `last`: a value, and the end. `complete`: the end, no value. `error`: the JSON of an
 * error, and the end. A reply without the User Property, from a foreign responder, counts as `last`.
 */
export type ReplyKind = 'next' | 'last' | 'complete' | 'error';

/** Begins every enveloped reply that goes to a `replyTo`, so that its first bytes tell it from anything else. */
export const REPLY_MARK = '{"nest-reply":true,';
