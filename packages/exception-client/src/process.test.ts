import { tempDir } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { startPushServer } from '../test/pushServer.ts';
import { ENTRY, runScript } from '../test/runScript.ts';

// Real processes: what is tested is how they end, and who they are.

/** The start of a script with a collector that pushes to `origin`. */
function collecting(origin: string, more = ''): string {
  return `
    import { createExceptionCollector } from '${ENTRY}';
    const collector = createExceptionCollector({ service: 'job' });
    const push = collector.pushTo('${origin}', { exitTimeoutMs: 5000 });
    ${more}
  `;
}

const CAPTURE = 'collector.captureProcessErrors();';

async function run(body: (origin: string) => string, nodeArgs: string[] = []) {
  await using server = await startPushServer();
  using folder = tempDir('exceptions');
  const result = await runScript(folder.path, { 'main.mjs': body(server.origin) }, nodeArgs);
  const errors = server.received.flatMap(({ payload }) => payload.aggregated_errors);
  return {
    ...result,
    server,
    errors,
    messages: errors.map(({ latest_errors: [first] }) => first!.error.message),
  };
}

describe('a process that ends', () => {
  it('by an uncaught exception is pushed, and crashes as Node does', async () => {
    const throwing = `process.on('exit', (code) => console.log('exit', code)); setTimeout(() => { throw new TypeError('boom'); });`;
    const plain = await run(() => throwing);
    const { code, stdout, stderr, errors, messages } = await run((o) => collecting(o, CAPTURE + throwing));
    expect([code, stdout]).toEqual([1, 'exit 1\n']);
    expect([plain.code, plain.stdout]).toEqual([code, stdout]);
    expect(stderr).toMatch(/throw new TypeError\('boom'\)[^]*TypeError: boom\n {4}at[^]*Node\.js v/);
    expect(messages).toEqual(['boom']);
    expect(errors[0]).toMatchObject({ total_count: 1, severity: 'error' });
  });

  it.each([
    ['an error', `new Error('rejected')`, 'rejected'],
    ['anything else', `'rejected'`, 'rejected'],
  ])('by a rejection with %s is pushed, and crashes as Node does', async (_, reason, message) => {
    const { code, stderr, messages } = await run((o) =>
      collecting(o, `${CAPTURE} Promise.reject(${reason});`),
    );
    expect(code).toBe(1);
    expect(stderr).toContain('rejected');
    expect(messages.join()).toContain(message);
  });

  it('by process.exit is pushed', async () => {
    const { code, messages } = await run((o) =>
      collecting(o, `collector.report(new Error('x')); process.exit(7);`),
    );
    expect([code, messages]).toEqual([7, ['x']]);
  });

  it('because nothing is left to do is pushed, and not held up by the timer of the next push', async () => {
    const { code, messages } = await run((o) => collecting(o, `collector.report(new Error('x'));`));
    expect([code, messages]).toEqual([0, ['x']]);
  });

  it('with nothing new is not pushed again', async () => {
    const { server } = await run((o) => collecting(o, `collector.report('x'); await push.flush();`));
    expect(server.received).toHaveLength(1);
  });

  it('is tried again while there is time', async () => {
    await using server = await startPushServer();
    server.script.push(500, 'drop');
    using folder = tempDir('exceptions');
    await runScript(folder.path, {
      'main.mjs': collecting(server.origin, `collector.report('x', { key: 'k' });`),
    });
    expect(server.received).toHaveLength(3);
    expect(server.totals()).toEqual(new Map([['k', 1]]));
  });

  it('is not held up for longer than allowed by a server that is away', async () => {
    using folder = tempDir('exceptions');
    const script = `${collecting('http://127.0.0.1:9')} collector.report('x');`.replace('5000', '200');
    const { code } = await runScript(folder.path, { 'main.mjs': script });
    expect(code).toBe(0);
  });
});

describe('a process that handles its own errors', () => {
  it('lives on after an exception, which is reported', async () => {
    const own = `process.on('uncaughtException', () => console.log('handled')); setTimeout(() => { throw new Error('x'); });`;
    const { code, stdout, messages } = await run((o) => collecting(o, CAPTURE + own));
    expect([code, stdout, messages]).toEqual([0, 'handled\n', ['x']]);
  });

  it.each(['before', 'after'])(
    'lives on after a rejection, its listener being added %s ours',
    async (when) => {
      const own = `process.on('unhandledRejection', () => console.log('handled'));`;
      const added = when === 'before' ? own + CAPTURE : CAPTURE + own;
      const { code, stdout, messages } = await run((o) =>
        collecting(o, `${added} Promise.reject(new Error('x'));`),
      );
      expect([code, stdout, messages]).toEqual([0, 'handled\n', ['x']]);
    },
  );

  it('crashes again once its listener is gone', async () => {
    const own = `const own = () => {}; process.on('unhandledRejection', own); process.off('unhandledRejection', own);`;
    const { code, messages } = await run((o) =>
      collecting(o, `${CAPTURE + own} Promise.reject(new Error('x'));`),
    );
    expect([code, messages]).toEqual([1, ['x']]);
  });

  it('and throws a rejection on has it counted once', async () => {
    const own = `process.on('unhandledRejection', (reason) => { throw reason; });`;
    const { code, errors } = await run((o) =>
      collecting(o, `${CAPTURE + own} Promise.reject(new Error('x'));`),
    );
    expect([code, errors.map(({ total_count }) => total_count)]).toEqual([1, [1]]);
  });

  it('is left alone after close', async () => {
    const { code, server } = await run((o) =>
      collecting(o, `${CAPTURE} await collector.close(); Promise.reject(new Error('x'));`),
    );
    expect([code, server.received]).toEqual([1, []]);
  });
});

describe('identity', () => {
  it('is one for each process, forked child and worker thread, also those made after the collector', async () => {
    await using server = await startPushServer();
    using folder = tempDir('exceptions');
    const report = `collector.report(new Error('x'), { key: 'k' });`;
    const result = await runScript(folder.path, {
      'main.mjs': `
        import cluster from 'node:cluster';
        import { fork } from 'node:child_process';
        import { once } from 'node:events';
        import { Worker } from 'node:worker_threads';
        ${collecting(server.origin, report)}
        const child = new URL('child.mjs', import.meta.url);
        await Promise.all([
          once(fork(child), 'exit'),
          once(fork(child), 'exit'),
          once(new Worker(child), 'exit'),
          once(new Worker(child), 'exit'),
        ]);
        cluster.setupPrimary({ exec: child.pathname });
        await once(cluster.fork(), 'exit');
      `,
      'child.mjs': `import cluster from 'node:cluster'; ${collecting(server.origin, report)} cluster.worker?.disconnect();`,
    });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const uuids = server.received.map(({ payload }) => payload.target_uuid);
    expect(new Set(uuids).size).toBe(6);
    expect(server.totals()).toEqual(new Map([['k', 6]]));
  });

  it('of a worker thread that crashes is pushed before it ends', async () => {
    await using server = await startPushServer();
    using folder = tempDir('exceptions');
    const { stdout } = await runScript(folder.path, {
      'main.mjs': `
        import { Worker } from 'node:worker_threads';
        const worker = new Worker(new URL('worker.mjs', import.meta.url));
        worker.on('error', (error) => console.log('died of', error.message));
      `,
      'worker.mjs': collecting(server.origin, `${CAPTURE} throw new Error('boom');`),
    });
    expect(stdout).toBe('died of boom\n');
    expect(server.received.map(({ payload }) => payload.aggregated_errors[0]!.total_count)).toEqual([1]);
  });
});

describe('a key', () => {
  const files = (main: string) => ({
    [main]: `
      import { fail } from '../lib/fail.mjs';
      import { createExceptionCollector } from '${ENTRY}';
      const collector = createExceptionCollector({ service: 'job' });
      for (const run of [fail, async () => { await null; fail(); }, () => eval('fail()'), () => [1].map(() => fail())]) {
        try { await run(); } catch (error) { collector.report(error); }
      }
      console.log(collector.export().aggregated_errors.map((aggregate) => aggregate.aggregation_key).join(' '));
    `,
    'lib/fail.mjs': `import dependency from 'dep'; export function fail() { dependency(() => { throw new TypeError(String(Math.random())); }); }`,
    'node_modules/dep/package.json': '{"name":"dep","type":"module","exports":"./index.js"}',
    'node_modules/dep/index.js': 'export default (call) => call();',
    'package.json': '{"type":"module"}',
  });

  it('is the same for every deploy root', async () => {
    using one = tempDir('one');
    using other = tempDir('other root');
    const results = [
      await runScript(one.path, files('src/main.mjs')),
      await runScript(`${other.path}/releases/2026 11 24/app`, files('src/main.mjs')),
    ];
    expect(results[0]!.stderr).toBe('');
    expect(results[0]!.stdout).toMatch(/^(TypeError@[0-9a-f]{16}[ \n])+$/);
    expect(results[1]!.stdout).toBe(results[0]!.stdout);
  });
});
