import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Builds what the specs drive, unless they drive a stack that runs already (`BINNACLE_URL`). */
export default function buildApps(): void {
  if (process.env['BINNACLE_URL'] !== undefined) return;
  execFileSync(process.execPath, [join(import.meta.dirname, '../../dashboard/build.mjs')], {
    stdio: 'inherit',
  });
}
