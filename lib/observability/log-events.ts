import type { LoggerService } from '@nestjs/common';
import { reasonOf } from '../failure/reason.js';
import type { EventBus } from './event-bus.js';
import type { MessageInfo } from './events.js';

/** Milliseconds; connections that end sooner, twice in a row, are suspected to be thrown out. */
const SHORT = 5_000;

const ENDS = {
  ended: 'the session is ended',
  left: 'what is not acknowledged stays in it, for the next to adopt it',
  'taken-over': 'somebody else has it now',
} as const;

/** Writes to the log what an operator has to know. */
export function logEvents(events: EventBus, logger: LoggerService): void {
  logConnections(events, logger);
  events.on('failed', ({ message, handler, attempt, error, retryIn }) => {
    const what = `${handler ?? 'No handler'} failed with ${subject(message)}, attempt ${attempt}: ${reasonOf(error)}`;
    if (retryIn === undefined) logger.error(`${what} — not tried again here.`);
    else logger.warn(`${what} — next attempt in ${Math.round(retryIn)} ms.`);
  });
  events.on('held', ({ message }) => {
    logger.warn(`Left unacknowledged, to be delivered again when the connection is renewed: ${subject(message)}.`);
  });
  events.on('acknowledgement-dropped', ({ message }) => {
    logger.warn(`Done after its connection had ended, so it was not acknowledged: ${subject(message)}.`);
  });
}

function logConnections(events: EventBus, logger: LoggerService): void {
  const lastLived = new Map<string, number | undefined>();
  events.on('connected', ({ connection, address, sessionPresent, filters }) => {
    const resumed = sessionPresent ? ', session resumed' : '';
    logger.log(`Connected to ${address} as "${connection}"${resumed}: ${shortened(filters)}.`);
  });
  events.on('disconnected', ({ error, connection, lived }) => {
    if (error === undefined) return;
    logger.error(`${error.message} Trying again.`);
    if (isShort(lived) && isShort(lastLived.get(connection))) {
      logger.error(`Is another process connected as "${connection}"? Each needs a \`clientId\` of its own.`);
    }
    lastLived.set(connection, lived);
  });
  events.on('recycling', ({ connection, held }) => {
    logger.log(`Renewing the connection of "${connection}", so that the broker delivers ${messages(held)} again.`);
  });
  events.on('draining', ({ connection, group, running, waiting }) => {
    if (running + waiting === 0) return;
    logger.log(
      `Closing "${connection}"${ofGroup(group)}: waiting for ${messages(running + waiting)}, ${running} of them running.`,
    );
  });
  events.on('drained', ({ connection, group, left, handedOver }) => {
    const closed = `Closed "${connection}"${ofGroup(group)}`;
    if (left === 0) logger.log(`${closed}: everything is acknowledged.`);
    else if (handedOver) logger.log(`${closed}: ${messages(left)} not begun, which the broker gives to others.`);
    else logger.warn(`${closed}: ${messages(left)} not acknowledged, which the broker keeps.`);
  });
  events.on('adopted', ({ session, group, outcome, handled }) => {
    logger.log(`Adopted the session "${session}" of group "${group}": ${messages(handled)} handled; ${ENDS[outcome]}.`);
  });
  events.on('adoption-failed', ({ session, error }) => {
    logger.error(`The session "${session}" could not be adopted: ${error.message}`);
  });
}

function ofGroup(group: string | undefined): string {
  return group === undefined ? '' : ` of group "${group}"`;
}

function isShort(lived: number | undefined): boolean {
  return lived !== undefined && lived < SHORT;
}

function shortened(filters: readonly string[]): string {
  const shown = filters.slice(0, 5).join(', ');
  return filters.length > 5 ? `${shown} and ${filters.length - 5} more` : shown;
}

function messages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`;
}

function subject({ topic, packetId, qos }: MessageInfo): string {
  return `a message of topic "${topic}" (QoS ${qos}${qos === 0 ? '' : `, Packet Identifier ${packetId}`})`;
}
