/** Worker and publisher have these from their environment, as in a deployment. */
export const MQTT_URL = process.env.MQTT_URL || 'mqtt://localhost:1883';

/** First level of the topics of this work queue. */
export const QUEUE = process.env.QUEUE || 'jobs';
