import { findMosquitto, startMosquitto } from '../../support/mosquitto.js';
import type { Broker } from './broker.js';

export const mosquitto: Broker = {
  name: 'Mosquitto',
  inCI: true,
  missing: () => (findMosquitto() ? undefined : 'it is not on the PATH nor in /usr/sbin (apt-get install mosquitto)'),
  start: () => startMosquitto(),
};
