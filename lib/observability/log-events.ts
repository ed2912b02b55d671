import type { LoggerService } from '@nestjs/common';
import { reasonOf } from '../failure/reason.js';
import type { EventBus } from './event-bus.js';
import type { MessageInfo } from './events.js';

/** Writes to the log what an operator has to know. */
export function logEvents(events: EventBus, logger: LoggerService): void {
  events.on('connected', ({ connection, sessionPresent }) => {
    logger.log(`Connected as "${connection}"${sessionPresent ? ', session resumed' : ''}.`);
  });
  events.on('disconnected', ({ error, connection }) => {
    if (error !== undefined) logger.error(`${connection}: ${error.message} Trying again.`);
  });
  events.on('failed', ({ message, handler, attempt, error, retryIn }) => {
    const what = `${handler ?? 'The message'} failed with ${subject(message)}, attempt ${attempt}: ${reasonOf(error)}`;
    if (retryIn === undefined) logger.error(`${what} — no attempt is left.`);
    else logger.warn(`${what} — next attempt in ${Math.round(retryIn)} ms.`);
  });
  events.on('held', ({ message }) => {
    logger.warn(`Left unacknowledged, to be delivered again: ${subject(message)}.`);
  });
  events.on('acknowledgement-dropped', ({ message }) => {
    logger.warn(`Done after its connection had ended, so it was not acknowledged: ${subject(message)}.`);
  });
  events.on('recycling', ({ connection, held }) => {
    logger.log(`Renewing the connection of "${connection}" so that the broker delivers ${held} messages again.`);
  });
  events.on('adopted', ({ session, group, outcome, handled }) => {
    logger.log(`Adopted the session "${session}" of group "${group}": ${handled} messages handled, ${outcome}.`);
  });
  events.on('adoption-failed', ({ session, error }) => {
    logger.error(`The session "${session}" could not be adopted: ${error.message}`);
  });
  events.on('drained', ({ connection, left }) => {
    if (left > 0)
      logger.warn(`Closed "${connection}"; ${left} messages were not acknowledged and stay with the broker.`);
  });
}

function subject({ topic, packetId, qos }: MessageInfo): string {
  return `a message of topic "${topic}" (QoS ${qos}${qos === 0 ? '' : `, Packet Identifier ${packetId}`})`;
}
