import { createHook } from 'node:async_hooks';

const PATIENCE = 2_000;
const TYPES = new Set(['TCPWRAP', 'TLSWRAP', 'TCPCONNECTWRAP', 'Timeout']);

/** Where the caller of the hook was, without the hook and Node's own frames. */
function whence(): string {
  const frames = new Error().stack?.split('\n').slice(3) ?? [];
  return frames.filter((frame) => !frame.includes('node:internal')).join('');
}

/** Runs `work`, and resolves with the types, and the makers, of the sockets and timers that it has made and that are still there. */
export async function leftOpenBy(work: () => Promise<void>): Promise<string[]> {
  const open = new Map<number, string>();
  const hook = createHook({
    init: (id, type) => void (TYPES.has(type) && open.set(id, `${type}, made ${whence()}`)),
    destroy: (id) => void open.delete(id),
  }).enable();
  try {
    await work();
    // A handle closes some turns of the event loop after it was told to.
    const deadline = Date.now() + PATIENCE;
    while (open.size > 0 && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
    return [...open.values()];
  } finally {
    hook.disable();
  }
}
