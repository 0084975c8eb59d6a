import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { COMPONENTS, detectComponents } from '@binnacle/testing';
import { missingRequired } from './requiredComponents.ts';

/** `npm run test:e2e`: the browser scenarios, or the reason why they are left out. */
const components = detectComponents();
const missing = missingRequired(components);
if (missing.length > 0) {
  console.error(missing.join('\n'));
  process.exit(1);
}
if (!components.has('chromium')) {
  console.log(
    `Browser scenarios left out: ${COMPONENTS.chromium.what} is not here. ${COMPONENTS.chromium.howToGet}.`,
  );
  process.exit(0);
}
const cwd = fileURLToPath(new URL('../../../apps/e2e', import.meta.url));
const child = spawn('playwright', ['test', ...process.argv.slice(2)], { cwd, stdio: 'inherit' });
child.once('close', (code) => process.exit(code ?? 1));
