/** The User Property in CONNACK by which the embedded broker is known, where it imitates no other. */
export const EMBEDDED_MARK = { server: 'nestjs-mqtt-shared/testing' } as const;
