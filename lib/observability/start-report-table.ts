import type { MQTTSharedFailureReport, MQTTSharedHandlerReport, MQTTSharedStartReport } from './start-report.js';

const HEADINGS = ['method', 'filter', 'QoS', 'at once', 'on failure'];

/** One long cell must not move the columns of all others. */
const WIDEST = 60;

/** The report as lines of text: for each group and its connections the methods, then what the broker announced. */
export function startReportTable(report: MQTTSharedStartReport): string {
  const { address, broker, protocolVersion, handlers } = report;
  const version = protocolVersion === 5 ? '5.0' : '3.1.1';
  const sections = new Map<string, string[][]>();
  for (const handler of handlers) {
    const title = titleOf(handler);
    sections.set(title, [...(sections.get(title) ?? []), cellsOf(handler)]);
  }
  const line = liner([HEADINGS, ...[...sections.values()].flat()]);
  return [
    printable(`Listening at ${address} (${broker}), MQTT ${version}.`),
    line(HEADINGS),
    ...[...sections].flatMap(([title, rows]) => [title, ...rows.map(line)]),
    announced(report),
  ].join('\n');
}

function titleOf({ group, connections, session }: MQTTSharedHandlerReport): string {
  const who = group === undefined ? 'no group (each worker gets a copy)' : `group ${group}`;
  return printable(`${who}, ${session} session, through ${shortened(connections)}`);
}

/** `w1:workers:0 :1 :2` */
function shortened([first = 'no connection', ...others]: readonly string[]): string {
  const stem = first.slice(0, first.lastIndexOf(':') + 1);
  return [first, ...others.map((id) => (id.startsWith(stem) ? id.slice(stem.length - 1) : id))].join(' ');
}

function cellsOf({ method, filter, qos, grantedQoS, concurrency, ack, failure }: MQTTSharedHandlerReport): string[] {
  const name = ack === 'auto' ? method : `${method} (ack: ${ack})`;
  const granted = grantedQoS === undefined ? `${qos} asked` : String(grantedQoS);
  const less = grantedQoS !== undefined && grantedQoS < qos ? `${granted} of ${qos}` : granted;
  return [name, filter, less, String(concurrency), onFailure(failure)].map(printable);
}

function onFailure({ attempts, then, deadLetterTopic }: MQTTSharedFailureReport): string {
  const end = deadLetterTopic === undefined ? then : `${then} to ${deadLetterTopic}`;
  return `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}, then ${end}`;
}

function announced({ limits, protocolVersion }: MQTTSharedStartReport): string {
  if (limits === undefined) return protocolVersion === 4 ? 'On 3.1.1 the broker announces no limits.' : '';
  const { maximumPacketSize, sessionExpiryInterval } = limits;
  const available = (is: boolean): string => (is ? 'available' : 'not available');
  return [
    `Limits of the broker: Receive Maximum ${limits.receiveMaximum}`,
    `Maximum QoS ${limits.maximumQoS}`,
    `Maximum Packet Size ${maximumPacketSize === undefined ? 'none' : `${maximumPacketSize} bytes`}`,
    `Topic Alias Maximum ${limits.topicAliasMaximum}`,
    ...(sessionExpiryInterval === undefined ? [] : [`Session Expiry Interval ${sessionExpiryInterval} s`]),
    `retained messages ${available(limits.retainAvailable)}`,
    `wildcard subscriptions ${available(limits.wildcardSubscriptionAvailable)}`,
    `shared subscriptions ${available(limits.sharedSubscriptionAvailable)}.`,
  ].join(', ');
}

/** Pads each column to its widest cell. */
function liner(rows: readonly (readonly string[])[]): (cells: readonly string[]) => string {
  const widths = HEADINGS.map((_, column) => {
    return Math.min(WIDEST, Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  });
  return (cells) => `  ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd();
}

function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
