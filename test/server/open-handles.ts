import { createHook } from 'node:async_hooks';

const PATIENCE = 2_000;
const TYPES = new Set(['TCPWRAP', 'TLSWRAP', 'TCPCONNECTWRAP', 'Timeout']);

/** Runs `work`, and resolves with the types of the sockets and timers that it has made and that are still there. */
export async function leftOpenBy(work: () => Promise<void>): Promise<string[]> {
  const open = new Map<number, string>();
  const hook = createHook({
    init: (id, type) => void (TYPES.has(type) && open.set(id, type)),
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
