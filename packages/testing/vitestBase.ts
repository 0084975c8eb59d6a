// Every package's vitest.config.ts re-exports this: tests run from TypeScript source, without a build.
import { defineConfig } from 'vitest/config';

const conditions = ['@binnacle/source'];

export default defineConfig({
  resolve: { conditions: [...conditions, 'module', 'node', 'development|production'] },
  ssr: {
    resolve: {
      conditions: [...conditions, 'module', 'node', 'development|production'],
      externalConditions: conditions,
    },
  },
  test: {
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx', 'bench/**/*.test.ts'],
    passWithNoTests: true,
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['-C', '@binnacle/source'],
    // The machine of a check is shared, and suites drive real servers: what fails by time alone gets another try there.
    retry: process.env['CI'] === undefined ? 0 : 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default', 'json'],
    outputFile: { json: '.test-report.json' },
  },
});
