import type { LoggerService } from '@nestjs/common';
import type { EventBus } from './event-bus.js';
import type { StartReportMode } from './start-report.js';
import { startReportTable } from './start-report-table.js';

/** Writes once, when `listen()` has succeeded, what came of it and what it may cost. */
export function logStartReport(events: EventBus, logger: LoggerService, mode: StartReportMode): void {
  if (mode === 'off') return;
  events.on('listening', ({ report }) => {
    if (mode === 'full' && report.handlers.length > 0) logger.log(startReportTable(report));
    for (const { message } of report.warnings) logger.warn(message);
  });
}
