/** The server sent what is no MQTT; the connection cannot go on (section 4.13.1). */
export class MalformedPacket extends Error {}
