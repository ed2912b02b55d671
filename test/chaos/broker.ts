import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import { report } from './parent.js';

const broker = new EmbeddedBroker();
await broker.listen();
process.once('SIGTERM', () => void broker.close().then(() => process.exit()));
await report({ type: 'ready', url: broker.url });
