import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startService, type RunningService } from '@binnacle/service-kit';
import { freePort, tempDir, type TempDir } from '@binnacle/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFakeStreamServer, type FakeStreamServer } from '../testing/fakeStreamServer.ts';
import { dashboard } from './dashboard.ts';

let pages: TempDir;
let backend: FakeStreamServer;
let running: RunningService;

const start = (eventsUrl: string): Promise<RunningService> =>
  startService(dashboard(pages.path), {
    argv: ['--web.listen-address=127.0.0.1:0', '--log.level=error', `--events.url=${eventsUrl}`],
  });
const readJson = async (url: string): Promise<unknown> => (await fetch(url)).json();

beforeAll(async () => {
  pages = tempDir('pages');
  writeFileSync(join(pages.path, 'index.html'), '<base href="/" />');
  backend = await startFakeStreamServer();
  running = await start(backend.url);
});

afterAll(async () => {
  await running.stop();
  await backend.close();
  pages.remove();
});

test('requests reach stream-service, and its state is told', async () => {
  expect(await readJson(`${running.url}/api/events/-/ready`)).toEqual({ configured: true, ready: true });
  const page = await readJson(`${running.url}/api/events/api/v1/events?stream=deploy.finished&limit=1`);
  expect(page).toMatchObject({ events: [{ event: { type: 'deploy.finished' } }] });
});

test('its tail arrives as it is written', async () => {
  const leave = new AbortController();
  const response = await fetch(`${running.url}/api/events/api/v1/events/live?stream=notes`, {
    signal: leave.signal,
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toBe(': connected\n\n');
  const event = { specversion: '1.0', id: '1', source: 'test', type: 'notes', data: 'hello' };
  await fetch(`${running.url}/api/events/api/v1/events`, { method: 'POST', body: JSON.stringify(event) });
  expect((await reader.read()).value).toContain('"data":"hello"');
  leave.abort();
});

test('one that does not answer is configured, not ready, and named with its flag', async () => {
  const alone = await start(`http://127.0.0.1:${await freePort()}`);
  expect(await readJson(`${alone.url}/api/events/-/ready`)).toEqual({ configured: true, ready: false });
  const answer = await fetch(`${alone.url}/api/events/api/v1/streams`);
  expect(answer.status).toBe(502);
  expect(await answer.text()).toContain('--events.url');
  await alone.stop();
});

test('a dashboard without one says so', async () => {
  const without = await start('');
  expect(await readJson(`${without.url}/api/events/-/ready`)).toEqual({ configured: false, ready: false });
  expect(await readJson(`${without.url}/api/events/api/v1/streams`)).toMatchObject({
    error: { code: 'DASHBOARD_BACKEND_ABSENT' },
  });
  await without.stop();
});
