import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { format } from 'prettier';
import type { Findings, Scale } from '../support/part.js';
import type { Machine } from './machine.js';

/** What one run of one part has come to; all that is published is made of these. */
export interface Result extends Findings {
  readonly part: string;
  readonly title: string;
  readonly scale: Scale;
  readonly command: string;
  readonly date: string;
  readonly seconds: number;
  readonly machine: Machine;
  readonly broker: string;
}

/** Of the repository, seen from `.cache/bench/bench/report`. */
export const ROOT = new URL('../../../../', import.meta.url);
const FOLDER = new URL('bench/results/', ROOT);

export async function save(result: Result): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const json = await format(JSON.stringify(result), { parser: 'json', printWidth: 120 });
  await writeFile(new URL(`${result.part}.json`, FOLDER), json);
}

export async function load(): Promise<Result[]> {
  await mkdir(FOLDER, { recursive: true });
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.json'));
  return Promise.all(files.map(async (name) => JSON.parse(await readFile(new URL(name, FOLDER), 'utf8')) as Result));
}
