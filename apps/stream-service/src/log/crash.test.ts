import { fileURLToPath } from 'node:url';
import { freePort, startProcess, tempDir, type RunningProcess } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { deploy } from '../testing/startStreams.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

it('holds every acknowledged event after the process was killed in the middle of writing', async () => {
  using folder = tempDir('streams');
  const port = await freePort();
  const start = (): Promise<RunningProcess> =>
    startProcess({
      command: process.execPath,
      args: [
        '-C',
        '@binnacle/source',
        main,
        `--web.listen-address=127.0.0.1:${port}`,
        `--storage.path=${folder.path}`,
      ],
      readyUrl: `http://127.0.0.1:${port}/-/ready`,
    });
  const base = `http://127.0.0.1:${port}/api/v1`;
  const running = await start();
  const acknowledged: string[] = [];
  let sent = 0;
  const write = async (writer: number): Promise<void> => {
    for (;;) {
      const id = `${writer}-${sent++}`;
      const event = deploy('tracks', new Date(Date.UTC(2026, 0, 1) + sent).toISOString(), id);
      const headers = { 'content-type': 'application/cloudevents+json' };
      const answer = await fetch(`${base}/events`, { method: 'POST', headers, body: JSON.stringify(event) });
      if (!answer.ok) return;
      await answer.arrayBuffer();
      acknowledged.push(id);
      if (acknowledged.length === 400) running.child.kill('SIGKILL');
    }
  };
  const writers = Array.from({ length: 8 }, (_, writer) => write(writer));
  const ended = await Promise.allSettled(writers);
  expect(ended.every(({ status }) => status === 'rejected')).toBe(true);
  expect(acknowledged.length).toBeGreaterThanOrEqual(400);

  await using again = await start();
  expect(again.child.exitCode).toBeNull();
  const page = (await (await fetch(`${base}/events?order=asc&limit=1000`)).json()) as {
    events: { offset: number; event: { id: string } }[];
  };
  expect(page.events.map(({ offset }) => offset)).toEqual(page.events.map((_, i) => i));
  const held = new Set(page.events.map(({ event }) => event.id));
  expect(acknowledged.filter((id) => !held.has(id))).toEqual([]);
  const streams = (await (await fetch(`${base}/streams`)).json()) as { streams: { count: number }[] };
  expect(streams.streams[0]?.count).toBe(page.events.length);
}, 60_000);
