import type { Writable } from 'node:stream';
import type { MqttClient, StreamBuilder } from 'mqtt';

/**
 * Opens the network connection of a client that was made with `manualConnect`. What comes in goes to what `divert` makes
 * of mqtt.js's own reader, and no longer to that reader itself.
 *
 * mqtt.js answers each PUBLISH before the application has seen it, or one at a time, and offers nothing else: so none may
 * reach it. `streamBuilder` is a private member; without it nothing is opened.
 */
export function connectDiverted(client: MqttClient, divert: (toMqttJs: Writable) => Writable): void {
  const build = client['streamBuilder'];
  let isDiverted = false;
  client['streamBuilder'] = (...args: Parameters<StreamBuilder>) => {
    const stream = build(...args);
    const pipe = stream.pipe.bind(stream);
    stream.pipe = <T extends NodeJS.WritableStream>(toMqttJs: T): T => {
      pipe(divert(toMqttJs as unknown as Writable));
      isDiverted = true;
      return toMqttJs;
    };
    return stream;
  };
  client.connect();
  if (isDiverted) return;
  client.stream.destroy();
  throw new Error(
    'This version of mqtt.js does not read as nestjs-mqtt-shared expects; install one of its peer range.',
  );
}
