import { IsInt, IsString, Max, Min, MinLength } from 'class-validator';

/** What a client of the HTTP API asks for, and what a worker gets. */
export class ThumbnailJob {
  @IsString()
  @MinLength(1)
  image!: string;

  @IsInt()
  @Min(16)
  @Max(1024)
  width!: number;
}
