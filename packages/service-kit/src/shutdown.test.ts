import { Writable } from 'node:stream';
import { freePort, waitFor } from '@binnacle/testing';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { demoService } from './fixtures/demoService.ts';
import { startService } from './startService.ts';

async function start(...argv: string[]) {
  let output = '';
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      output += String(chunk);
      done();
    },
  });
  const all = ['--web.listen-address=127.0.0.1:0', ...argv];
  const running = await startService(demoService, { argv: all, log: pino({}, sink) });
  return { running, output: () => output };
}

test('requests in flight finish, new ones are refused, and the service stops last', async () => {
  const { running, output } = await start();
  const slow = fetch(`${running.url}/slow`);
  await waitFor(() => output().includes('slow request has begun'));
  const stopped = running.stop();
  await expect(fetch(`${running.url}/greet`)).rejects.toThrow();
  const response = await slow;
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ done: true });
  expect(await stopped).toBe(0);
  expect(output().indexOf('demo stopped')).toBeGreaterThan(output().indexOf('shutting down'));
});

test('a kept-alive connection does not hold up the shutdown', async () => {
  const { running, output } = await start('--shutdown.deadline=20s');
  const slow = fetch(`${running.url}/slow`, { keepalive: true });
  await waitFor(() => output().includes('slow request has begun'));
  const startedAt = performance.now();
  const stopped = running.stop();
  await (await slow).text();
  expect(await stopped).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

test('what is still in flight at the deadline is cut, counted and named', async () => {
  const { running, output } = await start('--shutdown.deadline=50ms');
  await (await fetch(`${running.url}/greet`)).text();
  await running.app.inject('/greet');
  const stuck = fetch(`${running.url}/stuck?token=secret`, { headers: { 'x-request-id': 'call-9' } });
  const outcome = stuck.then(
    () => 'answered',
    () => 'cut',
  );
  await waitFor(() => output().includes('stuck request has begun'));
  expect(await running.stop()).toBe(1);
  expect(await outcome).toBe('cut');
  const line = output()
    .split('\n')
    .find((each) => each.includes('request cut at the shutdown deadline'));
  expect(JSON.parse(line!)).toMatchObject({ method: 'GET', url: '/stuck', requestId: 'call-9' });
});

test('a stream ends by the signal that its service was given', async () => {
  const { running } = await start('--shutdown.deadline=20s');
  const response = await fetch(`${running.url}/stream`);
  const text = response.text();
  expect(await running.stop()).toBe(0);
  expect(await text).toBe('data: first\n\ndata: bye\n\n');
});

test('stopping twice is stopping once', async () => {
  const { running, output } = await start();
  expect(await Promise.all([running.stop(), running.stop()])).toEqual([0, 0]);
  expect(output().match(/demo stopped/g)).toHaveLength(1);
});

test('a request posted to /-/quit is answered before the end', async () => {
  const { running, output } = await start();
  const response = await fetch(`${running.url}/-/quit`, { method: 'POST' });
  expect(await response.text()).toBe('Requesting termination... Goodbye!\n');
  await waitFor(() => output().includes('"msg":"stopped"'));
});

test('a service is not stopped while it starts', async () => {
  const events: string[] = [];
  const { promise: mayStart, resolve: letStart } = Promise.withResolvers<void>();
  const definition = {
    ...demoService,
    create: async () => ({
      register: () => undefined,
      start: () => mayStart.then(() => void events.push('started')),
      stop: async () => void events.push('stopped'),
    }),
  };
  const port = await freePort();
  const argv = [`--web.listen-address=127.0.0.1:${port}`];
  const starting = startService(definition, { argv, log: pino({ level: 'silent' }) });
  const quit = () => fetch(`http://127.0.0.1:${port}/-/quit`, { method: 'POST' });
  await waitFor(async () => (await quit()).ok);
  // The listener is closed before the service is stopped.
  await waitFor(() =>
    quit().then(
      () => false,
      () => true,
    ),
  );
  letStart();
  const running = await starting;
  await running.stop();
  expect(events).toEqual(['started', 'stopped']);
});

test('a service that fails to stop fails the shutdown', async () => {
  const definition = {
    ...demoService,
    create: async () => ({ register: () => undefined, stop: () => Promise.reject(new Error('disk full')) }),
  };
  const argv = ['--web.listen-address=127.0.0.1:0'];
  const running = await startService(definition, { argv, log: pino({ level: 'silent' }) });
  await expect(running.stop()).rejects.toThrow('disk full');
});
