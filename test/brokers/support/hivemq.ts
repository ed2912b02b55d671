import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Broker } from './broker.js';
import { installedAt, java, missing, READY_WITHIN, SMALL_AND_QUICK } from './java.js';
import { type RestartableBroker, type StartOptions, startRestartable } from './restartable.js';

/** As the embedded HiveMQ does where it is given no security extension. The class files come without one. */
const START = `
Packages.com.hivemq.configuration.service.InternalConfigurations.AUTH_DENY_UNAUTHENTICATED_CONNECTIONS.set(false);
Packages.com.hivemq.HiveMQServer.main([]);
`;

/** Its defaults, but for the files, which would be half a gigabyte, and for a limit that a filter can exceed. */
const config = (port: number, { persistence = false, queued }: StartOptions): string => `<?xml version="1.0"?>
<hivemq>
  <listeners><tcp-listener><port>${port}</port><bind-address>127.0.0.1</bind-address></tcp-listener></listeners>
  <restrictions><max-topic-length>300</max-topic-length></restrictions>
  <persistence><mode>${persistence ? 'file' : 'in-memory'}</mode></persistence>
  <mqtt>${queued === undefined ? '' : `<queued-messages><max-queue-size>${queued}</max-queue-size></queued-messages>`}</mqtt>
  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
</hivemq>
`;

const LOGGING = `<configuration>
  <appender name="CONSOLE" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d %level %msg%n%ex</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="CONSOLE"/></root>
</configuration>
`;

/** What its use of sun.misc.Unsafe asks of Java. */
const OPENED = ['java.lang', 'java.nio', 'sun.nio.ch'].flatMap((name) => [
  '--add-opens',
  `java.base/${name}=ALL-UNNAMED`,
]);

export function startHiveMQ(options: StartOptions = {}): Promise<RestartableBroker> {
  return startRestartable('hivemq', options.watcher, async (home, port) => {
    await Promise.all(['conf', 'data', 'log', 'extensions'].map((folder) => mkdir(join(home, folder))));
    const script = join(home, 'start.js');
    await writeFile(join(home, 'conf', 'config.xml'), config(port, options));
    await writeFile(join(home, 'conf', 'logback.xml'), LOGGING);
    await writeFile(script, START);
    const classes = join(installedAt('hivemq'), '*');
    return {
      name: 'HiveMQ CE',
      command: java,
      args: [
        ...SMALL_AND_QUICK,
        ...OPENED,
        `-Dhivemq.home=${home}`,
        `-Djava.io.tmpdir=${home}`,
        ...['-cp', classes, 'org.mozilla.javascript.tools.shell.Main', script],
      ],
      readyWithin: READY_WITHIN,
      stopWith: 'SIGKILL', // it would wait 4 s
    };
  });
}

export const hivemq: Broker = {
  name: 'HiveMQ CE',
  inCI: true,
  missing: () => missing('hivemq'),
  start: () => startHiveMQ(),
};
