import { Injectable, Logger } from '@nestjs/common';
import { isLaunched, report } from './demo/launcher.js';
import type { ResizeJob } from './resize-job.dto.js';

/** Says what has been done: to the table of `npm start` if that started this process, else to the log. */
@Injectable()
export class ProgressService {
  private readonly logger = new Logger('Jobs');

  async handled({ id, image }: ResizeJob): Promise<void> {
    if (isLaunched) await report({ type: 'handled', id });
    else this.logger.log(`Job ${id}: ${image} is resized`);
  }

  async published({ id, image }: ResizeJob): Promise<void> {
    if (isLaunched) await report({ type: 'published', id });
    else this.logger.log(`Job ${id}: ${image} is with the broker`);
  }
}
