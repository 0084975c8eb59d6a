import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess, tempDir, waitFor } from '@binnacle/testing';
import { expect, test } from 'vitest';

const program = join(import.meta.dirname, 'fixtures/demoService.ts');
const nodeArgs = ['-C', '@binnacle/source', program];

/** Runs the program to its end. */
async function run(...args: string[]) {
  const child = spawn(process.execPath, [...nodeArgs, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const [code] = await once(child, 'close');
  return { code: code as number, stdout, stderr };
}

/** Starts the program and waits until it says that it is ready. */
async function start(...args: string[]) {
  const running = await startProcess({
    command: process.execPath,
    args: [...nodeArgs, '--web.listen-address=127.0.0.1:0', ...args],
    readyOutput: /demo-server is ready/,
  });
  const lines = () =>
    running
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const url = String(lines().find(({ msg }) => msg === 'demo-server is ready')!['url']);
  return Object.assign(running, { url, lines, pid: running.child.pid! });
}

async function exitOf(child: Awaited<ReturnType<typeof start>>['child']): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

test.concurrent('help and version are printed and nothing is started', async () => {
  const [help, version] = await Promise.all([run('--help'), run('--version')]);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toContain('--demo.size=<size>');
  expect(version).toEqual({ code: 0, stdout: 'demo-server 1.2.3\n', stderr: '' });
});

test.concurrent('a wrong flag ends with code 2 and the nearest flag', async () => {
  expect(await run('--web.listen-adress=x')).toEqual({
    code: 2,
    stdout: '',
    stderr: 'demo-server: unknown flag --web.listen-adress; did you mean --web.listen-address?\n',
  });
});

test.concurrent('a wrong configuration file ends with code 2, a failed start with code 1', async () => {
  using folder = tempDir('run');
  const file = join(folder.path, 'demo.yml');
  writeFileSync(file, 'interval: often\n');
  const [wrong, missing, failed] = await Promise.all([
    run(`--config.file=${file}`),
    run(`--config.file=${file}.none`),
    run('--web.listen-address=127.0.0.1:0', '--demo.fail-start'),
  ]);
  expect(wrong.code).toBe(2);
  expect(wrong.stdout).toContain(`${file}:1:11: interval: expected a duration such as 30s or 5m; found`);
  expect(missing.code).toBe(2);
  expect(missing.stdout).toContain('no such file; check the path');
  expect(failed.code).toBe(1);
  expect(failed.stdout).toContain('cannot open the store');
  expect(failed.stdout).toContain('demo stopped');
});

test.concurrent('SIGTERM lets the request in flight finish and ends with code 0', async () => {
  const demo = await start();
  const slow = fetch(`${demo.url}/slow`);
  await waitFor(() => demo.output().includes('slow request has begun'));
  process.kill(demo.pid, 'SIGTERM');
  expect((await slow).status).toBe(200);
  expect(await exitOf(demo.child)).toBe(0);
  expect(demo.lines().map(({ msg }) => msg)).toEqual(
    expect.arrayContaining(['signal received', 'shutting down', 'demo stopped', 'stopped']),
  );
});

test.concurrent('a second signal ends the program at once', async () => {
  const demo = await start();
  const stuck = fetch(`${demo.url}/stuck`).catch(() => 'cut');
  await waitFor(() => demo.output().includes('stuck request has begun'));
  process.kill(demo.pid, 'SIGINT');
  await waitFor(() => demo.output().includes('shutting down'));
  await waitFor(
    () => {
      if (demo.child.exitCode === null) process.kill(demo.pid, 'SIGINT');
      return demo.child.exitCode !== null;
    },
    { intervalMs: 150 },
  );
  expect(demo.child.exitCode).toBe(130);
  expect(await stuck).toBe('cut');
});

test.concurrent('a signal during a long start stops the program cleanly', async () => {
  const args = ['--web.listen-address=127.0.0.1:0', '--demo.start-delay=1h'];
  const demo = await startProcess({
    command: process.execPath,
    args: [...nodeArgs, ...args],
    readyOutput: /listening on/,
  });
  expect(await demo.stop('SIGTERM')).toBe(0);
  expect(demo.output()).toContain('demo stopped');
});

test.concurrent('SIGHUP reloads, and a bad file keeps the old configuration', async () => {
  using folder = tempDir('run');
  const file = join(folder.path, 'demo.yml');
  writeFileSync(file, 'greeting: first\n');
  const demo = await start(`--config.file=${file}`);
  const greeting = async () =>
    ((await (await fetch(`${demo.url}/greet`)).json()) as { greeting: string }).greeting;
  writeFileSync(file, 'greeting: second\n');
  process.kill(demo.pid, 'SIGHUP');
  await waitFor(async () => (await greeting()) === 'second');
  writeFileSync(file, 'greeting: [\n');
  process.kill(demo.pid, 'SIGHUP');
  await waitFor(() => demo.output().includes('reload refused, the old configuration stays'));
  expect(await greeting()).toBe('second');
  expect(await (await fetch(`${demo.url}/metrics`)).text()).toContain(
    'demo_server_config_last_reload_successful 0',
  );
  expect(await demo.stop()).toBe(0);
});

test.concurrent('an uncaught error is reported, stops the program and ends with code 1', async () => {
  const demo = await start();
  const slow = fetch(`${demo.url}/slow`);
  await waitFor(() => demo.output().includes('slow request has begun'));
  await fetch(`${demo.url}/crash`, { method: 'POST' });
  expect((await slow).status).toBe(200);
  expect(await exitOf(demo.child)).toBe(1);
  expect(demo.lines().find(({ level }) => level === 'fatal')).toMatchObject({
    event: 'uncaughtException',
    err: { message: 'thrown outside of any request' },
  });
});

test.concurrent('POST /-/quit ends with code 0', async () => {
  const demo = await start();
  await fetch(`${demo.url}/-/quit`, { method: 'POST' });
  expect(await exitOf(demo.child)).toBe(0);
});

test.concurrent('logs are JSON lines, or for a person when asked', async () => {
  const json = await start();
  await json.stop();
  expect(json.lines()[0]).toMatchObject({
    level: 'info',
    service: 'demo-server',
    msg: 'starting demo-server',
  });
  expect(Date.parse(String(json.lines()[0]!['time']))).toBeCloseTo(Date.now(), -5);
  const pretty = await startProcess({
    command: process.execPath,
    args: [...nodeArgs, '--web.listen-address=127.0.0.1:0', '--log.format=pretty', '--log.level=debug'],
    readyOutput: /demo-server is ready/,
  });
  await pretty.stop();
  expect(pretty.output()).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: starting demo-server$/m);
});

test.concurrent('ends when nobody reads its log any more; it waited for the reader for ever', async () => {
  const child = spawn(process.execPath, [...nodeArgs, '--web.listen-address=127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  await waitFor(() => output.includes('demo-server is ready'), { timeoutMs: 30_000 });
  child.stdout.destroy();
  child.kill('SIGTERM');
  expect(await exitOf(child)).toBe(0);
});
