import { transform } from '@swc/core';
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
  if (Object.hasOwn(ENTRY_POINTS, specifier)) return next(new URL(ENTRY_POINTS[specifier], LIBRARY).href, context);
  const fromTypeScript = context.parentURL?.endsWith('.ts') && specifier.startsWith('.');
  return next(fromTypeScript ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, 'utf8'), { ...OPTIONS, filename });
  return { format: 'module', source: code, shortCircuit: true };
}
