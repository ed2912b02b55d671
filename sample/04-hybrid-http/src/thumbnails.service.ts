import { Injectable } from '@nestjs/common';
import type { ThumbnailJob } from './thumbnails.dto.js';

@Injectable()
export class ThumbnailsService {
  private readonly thumbnails: string[] = [];

  add({ image, width }: ThumbnailJob): void {
    this.thumbnails.push(`${image} at ${width}`);
  }

  list(): readonly string[] {
    return this.thumbnails;
  }
}
