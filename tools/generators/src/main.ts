// Runs Nx over this repository: `npm run nx -w tools/generators -- g @binnacle/generators:service NAME`.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const require = createRequire(import.meta.url);
const { bin } = require('nx/package.json') as { bin: { nx: string } };
const nxFolder = dirname(require.resolve('nx/package.json'));

const { status } = spawnSync(process.execPath, [join(nxFolder, bin.nx), ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: {
    ...process.env,
    NX_DAEMON: 'false',
    DO_NOT_TRACK: '1',
    // Nx looks for itself from the root of the workspace, and npm may have put it into this package's folder.
    NODE_PATH: dirname(nxFolder),
  },
});
process.exitCode = status ?? 1;
