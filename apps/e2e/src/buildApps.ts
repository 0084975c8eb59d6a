import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Builds what the specs drive, unless they drive a stack that runs already (`BINNACLE_URL`). */
export default function buildApps(): void {
  if (process.env['BINNACLE_URL'] !== undefined) return;
  for (const app of ['dashboard', 'metrics-server']) {
    execFileSync(process.execPath, ['build.mjs'], {
      cwd: join(import.meta.dirname, '../..', app),
      stdio: 'inherit',
    });
  }
}
