import { Logger, type LoggerService } from '@nestjs/common';

/** What Nest's loggers say, kept and not printed. */
export class RecordedLog implements LoggerService {
  readonly lines: string[] = [];

  /** Every `Logger` writes here from now on. */
  static install(): RecordedLog {
    const log = new RecordedLog();
    Logger.overrideLogger(log);
    return log;
  }

  readonly log = (message: unknown): void => void this.lines.push(`log ${String(message)}`);
  readonly warn = (message: unknown): void => void this.lines.push(`warn ${String(message)}`);
  readonly error = (message: unknown): void => void this.lines.push(`error ${String(message)}`);
}
