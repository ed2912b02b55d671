import { EmbeddedBroker } from '../../lib/testing/index.js';
import { childInput, tellParent } from '../support/child.js';

childInput();
const broker = new EmbeddedBroker({ maxQueuedMessages: Infinity });
await broker.listen();
tellParent({ url: broker.url });
