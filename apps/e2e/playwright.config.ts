import { defineConfig } from '@playwright/test';
import type { MetricsServerKind } from './src/metricsServer.ts';

// Workers read the packages of this repository from source.
process.env['NODE_OPTIONS'] = [process.env['NODE_OPTIONS'], '-C @binnacle/source'].filter(Boolean).join(' ');

export default defineConfig<object, { metrics: MetricsServerKind }>({
  testDir: 'src',
  testMatch: '*.spec.ts',
  globalSetup: './src/buildApps.ts',
  outputDir: 'test-results',
  fullyParallel: false,
  // The specs share one stack, and two cores.
  workers: 1,
  // A shared machine is slow at times; what fails there by time alone gets another try.
  retries: process.env['CI'] === undefined ? 0 : 2,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  // The dashboard also stands before a Prometheus that is there already.
  projects: [
    { name: 'binnacle' },
    { name: 'prometheus', testMatch: 'metrics.spec.ts', use: { metrics: 'prometheus' } },
  ],
  use: {
    locale: 'en-US',
    timezoneId: 'UTC',
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
});
