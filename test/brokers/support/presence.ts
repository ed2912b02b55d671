import type { Stage } from './stage.js';

/** What is retained of the presence of the group's sessions. */
export async function presence(t: Stage): Promise<string[]> {
  const observer = await t.rawClient(`observer${Math.random()}`);
  await observer.subscribe(`${t.root}/presence/workers/+`);
  // Artemis answers PINGREQ before it has sent what is retained
  await observer.publish(`${t.root}/presence/workers/last`, 'last');
  await observer.waitForPayload('last');
  return observer.publishes
    .filter(({ topic }) => !topic.endsWith('/last'))
    .map(({ payload }) => {
      const { clientId, state } = JSON.parse(payload.toString()) as { clientId: string; state: string };
      return `${clientId.slice(t.root.length + 1)} ${state}`;
    });
}
