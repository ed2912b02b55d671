import vm from 'node:vm';

/**
 * Runs as native ESM where Node has the module API switched on (`npm test` does), and lowers
 * everything to CommonJS where it has not, so that a bare `npx jest` works as well.
 */
const nativeEsm = typeof vm.SourceTextModule === 'function';

const swc = {
  swcrc: false,
  sourceMaps: 'inline',
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type: nativeEsm ? 'es6' : 'commonjs' },
};

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: nativeEsm ? ['.ts'] : [],
  transform: { [nativeEsm ? '\\.ts$' : '\\.m?[jt]s$']: ['@swc/jest', swc] },
  transformIgnorePatterns: nativeEsm
    ? ['/node_modules/']
    : ['/node_modules/(?!(@nestjs|file-type|strtok3|token-types|uint8array-extras|@tokenizer|@borewit|load-esm)/)'],
  moduleNameMapper: {
    '^nestjs-mqtt-shared$': '<rootDir>/lib/index.ts',
    '^nestjs-mqtt-shared/testing$': '<rootDir>/lib/testing/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  workerIdleMemoryLimit: '1GB',
  maxWorkers: 2,
  // Ends what hangs; a loaded machine with two cores must not.
  testTimeout: 30_000,
};
