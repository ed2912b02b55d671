import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Beside the compiled subjects, so that they, and the Nest that they import, find the clients of the other systems; the
 * library itself does not depend on any of these.
 */
export const AGAINST = fileURLToPath(new URL('../against/', import.meta.url));
export const PYTHON = join(AGAINST, 'venv', 'bin', 'python');

const FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/lib/rabbitmq/bin'];

export function hasPackage(name: string): boolean {
  return existsSync(join(AGAINST, 'node_modules', name, 'package.json'));
}

/** Where Debian puts servers, too, which are not on the `PATH` of an ordinary user. */
export function findServer(name: string): string | undefined {
  // Debian's own start script of RabbitMQ, in /usr/sbin, changes to another user.
  const folders = [...FOLDERS.toReversed(), ...(process.env.PATH ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
