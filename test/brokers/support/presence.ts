import type { Stage } from './stage.js';

/** What is retained of the presence of the group's sessions. */
export async function presence(t: Stage): Promise<string[]> {
  const observer = await t.rawClient(`observer${Math.random()}`);
  await observer.subscribe(`${t.root}/presence/workers/+`);
  await observer.ping();
  return observer.payloads.map((payload) => {
    const { clientId, state } = JSON.parse(payload) as { clientId: string; state: string };
    return `${clientId.slice(t.root.length + 1)} ${state}`;
  });
}
