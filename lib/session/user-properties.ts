/** MQTT 5.0 User Property (section 3.3.2.3.7): a name may stand more than once. */
export type UserProperties = Record<string, string | string[]>;
