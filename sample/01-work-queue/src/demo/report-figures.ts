import type { ServerMQTTShared } from 'nestjs-mqtt-shared';
import { isLaunched, report } from './launcher.js';

const INTERVAL = 200;

/** Reports every now and then, and in the end, what the server does. */
export function reportFigures(server: ServerMQTTShared): void {
  if (!isLaunched) return;
  let acknowledged = 0;
  server.on('acknowledged', () => {
    acknowledged += 1;
  });
  const reportNow = () => {
    const [{ received, running } = { received: 0, running: 0 }] = server.stats().groups;
    void report({ type: 'figures', received, running, acknowledged });
  };
  server.on('drained', reportNow);
  setInterval(reportNow, INTERVAL).unref();
}
