import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceFolders } from './workspaces.ts';

/** The sum of every package's Vitest report. */
export interface TestReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** `folder: full name of the test`. */
  readonly failures: readonly string[];
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Reads the reports that the `test` tasks wrote, or that turbo restored from its cache. */
export function readReports(root: string): TestReport {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  const failures: string[] = [];
  for (const folder of workspaceFolders(root)) {
    const file = join(root, folder, '.test-report.json');
    if (!existsSync(file)) continue;
    const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
    passed += report.numPassedTests;
    failed += report.numFailedTests;
    skipped += report.numPendingTests;
    for (const suite of report.testResults) {
      const broken = suite.assertionResults.filter((test) => test.status === 'failed');
      failures.push(...broken.map((test) => `${folder}: ${test.fullName}`));
      if (suite.status === 'failed' && broken.length === 0) {
        failed += 1;
        failures.push(`${folder}: ${suite.name} could not run`);
      }
    }
  }
  return { passed, failed, skipped, failures };
}
