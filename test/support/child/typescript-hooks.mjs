import { transform } from '@swc/core';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const LIBRARY = new URL('../../../lib/', import.meta.url);
const ENTRY_POINTS = { 'nestjs-mqtt-shared': 'index.ts', 'nestjs-mqtt-shared/testing': 'testing/index.ts' };

/** As in jest.config.js. */
const OPTIONS = {
  swcrc: false,
  sourceMaps: 'inline',
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type: 'es6' },
};

export function resolve(specifier, context, next) {
  const source = sourceOf(specifier, context.parentURL);
  return next(source !== undefined && existsSync(source) ? source.href : specifier, context);
}

/** The TypeScript that is meant; where it is not there, what is installed is. */
function sourceOf(specifier, parentURL) {
  if (Object.hasOwn(ENTRY_POINTS, specifier)) return new URL(ENTRY_POINTS[specifier], LIBRARY);
  const isRelative = parentURL?.endsWith('.ts') && specifier.startsWith('.');
  return isRelative ? new URL(specifier.replace(/\.js$/, '.ts'), parentURL) : undefined;
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, 'utf8'), { ...OPTIONS, filename });
  return { format: 'module', source: code, shortCircuit: true };
}
