// Plain Node 20 with no dependency: what `npm start` and `npm test` run on a fresh clone. Installs what the lockfile
// names when it is not installed yet, then hands over to the Node 24 that came with it.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stampFile = join(root, 'node_modules', '.binnacle-lock');
const source = ['-C', '@binnacle/source', '--disable-warning=ExperimentalWarning'];
// Neither turbo nor Nx may call home or leave a daemon behind.
const quiet = { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', NX_DAEMON: 'false' };
const commands = {
  start: [...source, 'tools/stack/src/main.ts'],
  dev: [...source, 'tools/stack/src/main.ts', '--dev'],
  test: [...source, 'tools/check/src/main.ts'],
  'test:e2e': [...source, 'tools/check/src/e2e.ts'],
};

const [name, ...rest] = process.argv.slice(2);
if (!(name in commands)) {
  console.error(`bootstrap: expected one of ${Object.keys(commands).join(', ')}, found ${name ?? 'nothing'}`);
  process.exit(2);
}
requireHostNode();
await installWhenNeeded();
process.exit(await runOnNode24([...commands[name], ...rest]));

function requireHostNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(
    `Binnacle needs Node 20.19 or newer to set itself up; this is Node ${process.versions.node}.`,
  );
  process.exit(2);
}

async function installWhenNeeded() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const installed = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : '';
  if (installed === lock && existsSync(node24())) return;
  await npmInstall();
  writeFileSync(stampFile, lock);
}

/** Runs `npm ci`, with a line that moves on a terminal and one every ten seconds in a log. */
async function npmInstall() {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  const tty = process.stderr.isTTY;
  const say = (text) => process.stderr.write(tty ? `\r\u001b[K${text}` : `${text}\n`);
  say('installing dependencies (npm ci); the first time takes about a minute');
  const timer = setInterval(() => say(`installing dependencies: ${seconds()} s`), tty ? 500 : 10_000);
  const npm = process.env.npm_execpath;
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []];
  let output = '';
  const child = spawn(command, [...args, 'ci', '--no-fund', '--no-audit', '--loglevel=error'], { cwd: root });
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  clearInterval(timer);
  if (code !== 0) {
    say('');
    console.error(
      `${output}\nnpm ci failed with code ${code}. Mend what it says above and run the command again.`,
    );
    process.exit(1);
  }
  say(`installed dependencies in ${seconds()} s\n`);
}

function node24() {
  return join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

function runOnNode24(args) {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const child = spawn(node24(), args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...quiet, PATH: path },
  });
  // The terminal sends Ctrl-C to the child as well; it decides when to end. A signal to this process alone is passed on.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  // npm hands SIGTERM to a shell that keeps it to itself: without its parent this process would go on for ever.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, 1000).unref();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}
