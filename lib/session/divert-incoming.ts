import type { Writable } from 'node:stream';
import type { MqttClient } from 'mqtt';

/**
 * Opens the network connection of a client that was made with `manualConnect`. What comes in goes to what `divert` makes
 * of mqtt.js's own reader, and no longer to that reader itself.
 *
 * mqtt.js answers a PUBLISH before the application has seen it, or one at a time, and offers nothing else: so none may
 * reach it. It sets `stream` and then pipes it to its reader; a version that does otherwise is not used.
 */
export function connectDiverted(client: MqttClient, divert: (toMqttJs: Writable) => Writable): void {
  let isDiverted = false;
  const set = (stream: MqttClient['stream']): void => {
    const pipe = stream.pipe.bind(stream);
    stream.pipe = <T extends NodeJS.WritableStream>(toMqttJs: T): T => {
      pipe(divert(toMqttJs as unknown as Writable));
      isDiverted = true;
      return toMqttJs;
    };
    Object.defineProperty(client, 'stream', { value: stream, writable: true });
  };
  Object.defineProperty(client, 'stream', { set, configurable: true, enumerable: true });
  client.connect();
  if (isDiverted) return;
  client.stream.destroy();
  throw new Error(
    'This version of `mqtt` reads otherwise than nestjs-mqtt-shared expects; install one of its peer range.',
  );
}
