import {
  describeWith,
  freePort,
  startProcess,
  tempDir,
  waitFor,
  type RunningProcess,
} from '@binnacle/testing';
import type { RunningService } from '@binnacle/service-kit';
import { expect, it } from 'vitest';
import { deploy, post, startStreams } from '../testing/startStreams.ts';

async function startRedis(folder: string): Promise<{ port: number; process: RunningProcess }> {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const process = await startProcess({
    command: 'redis-server',
    args,
    readyOutput: /Ready to accept connections/,
  });
  return { port, process };
}

async function itemsOf(running: RunningService): Promise<unknown[]> {
  return (await running.app.inject('/api/v1/timelines?key=service:tracks')).json<{ items: unknown[] }>()
    .items;
}

describeWith('redis', 'timelines in a farm of three Redis clusters', () => {
  it('outlive a cluster, are repaired by a walk, and are counted by Roshi’s names', async () => {
    using folder = tempDir('redis');
    const servers = await Promise.all([1, 2, 3].map(() => startRedis(folder.path)));
    try {
      await using running = await startStreams({
        argv: [
          `--redis.instances=${servers.map(({ port }) => `127.0.0.1:${port}`).join(';')}`,
          '--prometheus.namespace=roshiserver',
          '--farm.walk.interval=50ms',
        ],
      });
      const shown = (): Promise<unknown[]> => itemsOf(running);
      await post(running, [deploy('tracks', '2026-01-01T10:00:00Z')]);
      await waitFor(async () => (await shown()).length === 1);
      await servers[0]!.process.stop('SIGKILL');
      const { body: written } = await post(running, [deploy('tracks', '2026-01-01T11:00:00Z')]);
      expect(written).toMatchObject({ accepted: 1, events: [{ outcome: 'accepted' }] });
      await waitFor(async () => (await shown()).length === 2);
      await running.app.inject({
        method: 'POST',
        url: '/',
        payload: '[{"key":"YQ==","score":1,"member":"Yg=="}]',
      });
      await waitFor(async () =>
        /roshiserver_walk_keys_count\S* [1-9]/.test((await running.app.inject('/metrics')).body),
      );
      const { body } = await running.app.inject('/metrics');
      expect(body).toMatch(/roshiserver_insert_record_count\S* 5\n/);
      expect(body).toMatch(/stream_farm_insert_records_total\S* 5\n/);
    } finally {
      await Promise.all(servers.map(({ process }) => process.stop('SIGKILL')));
    }
  }, 60_000);

  it('that are away make nobody wait: events are in the log, and pending', async () => {
    using folder = tempDir('redis');
    const { port, process } = await startRedis(folder.path);
    await using running = await startStreams({ argv: [`--redis.instances=127.0.0.1:${port}`] });
    expect((await post(running, [deploy('tracks', '2026-01-01T10:00:00Z')])).body).toMatchObject({
      pending: 0,
      events: [{ outcome: 'accepted', timelines: 2 }],
    });
    await process.stop('SIGKILL');
    expect((await post(running, [deploy('tracks', '2026-01-01T11:00:00Z')])).body).toMatchObject({
      accepted: 1,
      pending: 1,
      events: [{ outcome: 'accepted', offset: 1 }],
    });
  }, 60_000);

  it('are filled from the log when the log is older than the farm', async () => {
    using data = tempDir('streams');
    using folder = tempDir('redis');
    {
      await using onDisk = await startStreams({ folder: data.path });
      await post(onDisk, [deploy('tracks', '2026-01-01T10:00:00Z')]);
      await waitFor(async () => (await itemsOf(onDisk)).length === 1);
    }
    const { port, process } = await startRedis(folder.path);
    try {
      await using onFarm = await startStreams({
        folder: data.path,
        argv: [`--redis.instances=127.0.0.1:${port}`],
      });
      await waitFor(async () => (await itemsOf(onFarm)).length === 1);
    } finally {
      await process.stop('SIGKILL');
    }
  }, 60_000);

  it('are rebuilt into a new generation while they answer, which other servers of the farm follow', async () => {
    using folder = tempDir('redis');
    const servers = await Promise.all([1, 2, 3].map(() => startRedis(folder.path)));
    const argv = [`--redis.instances=${servers.map(({ port }) => `127.0.0.1:${port}`).join(';')}`];
    try {
      await using running = await startStreams({ argv });
      await using other = await startStreams({ argv });
      const titles = async (server: RunningService, key: string): Promise<string[]> =>
        (await server.app.inject(`/api/v1/timelines?key=${key}`))
          .json<{ items: { member: string }[] }>()
          .items.map(({ member }) => Buffer.from(member, 'base64').toString().replaceAll('\0', ' '));
      const [first, second] = [
        deploy('tracks', '2026-01-01T10:00:00Z', 'a'),
        deploy('tracks', '2026-01-02T10:00:00Z', 'b'),
      ];
      await post(running, [first]);
      await running.app.inject({ method: 'PUT', url: '/api/v1/follows/me/service%3Atracks' });
      const strays = ['service:tracks', 'own'].map((key) => ({
        key: Buffer.from(key).toString('base64'),
        score: 1,
        member: Buffer.from('stray').toString('base64'),
      }));
      await running.app.inject({ method: 'POST', url: '/', payload: JSON.stringify(strays) });
      await waitFor(async () => (await titles(other, 'service:tracks')).length === 2);
      await running.app.inject({ method: 'POST', url: '/api/v1/timelines/rebuild' });
      await post(running, [second]);
      const status = async () =>
        (await running.app.inject('/api/v1/timelines/rebuild')).json<{ state: string; generation: number }>();
      expect(await titles(running, 'service:tracks')).toContain('stray');
      await waitFor(async () => (await status()).state !== 'running', { timeoutMs: 20_000 });
      expect(await status()).toMatchObject({ state: 'done', generation: 2 });
      for (const server of [running, other]) {
        await waitFor(async () => !(await titles(server, 'service:tracks')).includes('stray'));
        expect(await titles(server, 'service:tracks')).toEqual(['/ci b', '/ci a']);
        expect(await titles(server, 'own')).toEqual(['stray']);
        const feed = await server.app.inject('/api/v1/feeds/me');
        expect(feed.json<{ items: unknown[] }>().items).toHaveLength(2);
      }
      await using later = await startStreams({ argv });
      expect(await titles(later, 'service:tracks')).toEqual(['/ci b', '/ci a']);
    } finally {
      await Promise.all(servers.map(({ process }) => process.stop('SIGKILL')));
    }
  }, 60_000);

  it('tells a farm that is away from one that is empty (T6)', async () => {
    using folder = tempDir('redis');
    const { port, process } = await startRedis(folder.path);
    try {
      await using running = await startStreams({ argv: [`--redis.instances=127.0.0.1:${port}`] });
      const select = async () => {
        const { statusCode, body } = await running.app.inject({
          method: 'POST',
          url: '/select',
          payload: '["YQ=="]',
        });
        return { statusCode, body };
      };
      expect(await select()).toMatchObject({
        statusCode: 200,
        body: expect.stringContaining('"records":{"a":[]}'),
      });
      await process.stop('SIGKILL');
      await waitFor(async () => (await select()).statusCode === 500);
      expect((await select()).body).toMatch(
        /^{"code":500,"description":"Internal Server Error","error":"complete failure \(/,
      );
      const write = {
        method: 'POST',
        url: '/',
        payload: '[{"key":"YQ==","score":1,"member":"Yg=="}]',
      } as const;
      expect((await running.app.inject(write)).statusCode).toBe(500);
      expect((await running.app.inject('/api/v1/timelines?key=a')).json()).toMatchObject({
        partial: true,
        missingKeys: ['a'],
      });
    } finally {
      await process.stop('SIGKILL');
    }
  }, 60_000);
});
