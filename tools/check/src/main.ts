import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { detectComponents } from '@binnacle/testing';
import { missingRequired } from './requiredComponents.ts';
import { readReports } from './reports.ts';
import { leftOutTable } from './leftOut.ts';

/** `npm test`: lint, types, boundaries and every Vitest suite through turbo, then what was left out and why. */
const root = fileURLToPath(new URL('../../..', import.meta.url));
const components = detectComponents();
const missing = missingRequired(components);
if (missing.length > 0) {
  console.error(missing.join('\n'));
  process.exit(1);
}

const env = { ...process.env, BINNACLE_COMPONENTS: [...components].join(',') };
const filters = process.argv.slice(2);
const tasks = ['//#lint:code', '//#lint:format', '//#lint:unused', 'typecheck', 'test'];
const checks = await run('turbo', [
  'run',
  ...tasks,
  '--continue',
  '--output-logs=errors-only',
  '--concurrency=2',
  ...filters,
]);
const boundaries = await run('turbo', ['boundaries', '--no-color']);

const report = readReports(root);
for (const failure of report.failures) console.log(`FAILED  ${failure}`);
console.log(leftOutTable(root, components));
if (boundaries !== 0) console.log('turbo boundaries found imports against the direction rules (above).');
console.log(`\n${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`);
process.exit(checks === 0 && boundaries === 0 && report.failed === 0 ? 0 : 1);

function run(command: string, args: string[]): Promise<number> {
  const child = spawn(command, args, { cwd: root, env, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
