import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { EventTaker } from '@binnacle/event-bus/testing';
import { describeWith, freePort, startProcess, tempDir, waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { createRandom } from './demo/random.ts';
import { startEngines } from './engines.ts';
import { parseOptions } from './options.ts';
import { Ports } from './ports.ts';
import { Processes } from './processes.ts';

/** Comes with redis-server. */
const REDIS_CLI = 'redis-cli';

it('shifts a port that is taken, and never gives one out twice', async () => {
  const wished = await freePort();
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(wished, '127.0.0.1', resolve));
  const ports = new Ports();
  const first = await ports.claim(wished);
  const second = await ports.claim(wished);
  blocker.close();
  expect(first.port).toBeGreaterThan(wished);
  expect(second.port).toBeGreaterThan(first.port);
});

it('draws the same from the same seed', () => {
  const draw = (seed: number): number[] => {
    const random = createRandom(seed);
    return Array.from({ length: 5 }, () => random.next());
  };
  expect(draw(42)).toEqual(draw(42));
  expect(draw(42)).not.toEqual(draw(43));
});

it('says what is wrong with an option', () => {
  expect(() => parseOptions(['--rate=fast'], '/')).toThrow(
    /--rate: expected a whole number from 0 to 1000, found "fast"/,
  );
  expect(() => parseOptions(['--sed=1'], '/')).toThrow(/--sed/);
  expect(() => parseOptions(['--redis=localhost'], '/')).toThrow(
    /--redis: expected nothing \(to start one here\) or a:6379,b:6379;c:6379,d:6379, found "localhost"/,
  );
  expect(parseOptions(['--no-open', '--port', '5000'], '/')).toMatchObject({ open: false, port: 5000 });
});

it('takes an engine that it starts itself, one that runs elsewhere, or none', () => {
  expect(parseOptions(['--redis', '--kafka'], '/')).toMatchObject({ redis: 'own', kafka: 'own' });
  expect(parseOptions(['--redis=a:1,b:1;c:1,d:1', '--kafka=k:9092'], '/')).toMatchObject({
    redis: 'a:1,b:1;c:1,d:1',
    kafka: 'k:9092',
  });
  expect(parseOptions([], '/')).toMatchObject({ redis: undefined, kafka: undefined });
});

it('names what is used, and what to install where it cannot be started', async () => {
  using folder = tempDir('stack');
  const start = (redis: string | undefined, kafka: string | undefined) =>
    startEngines(new Processes(folder.path), new Ports(), {
      root: join(import.meta.dirname, '../../..'),
      dataFolder: folder.path,
      redis,
      kafka,
    });
  expect(await start('a:1;b:1', 'k:9092')).toEqual({
    farm: 'a:1;b:1',
    brokers: 'k:9092',
    choices: ['timelines in the Redis farm a:1;b:1', 'events through the Kafka at k:9092'],
  });
  const { PATH } = process.env;
  process.env['PATH'] = folder.path;
  try {
    await expect(start('own', undefined)).rejects.toThrow(/no redis-server .* apt-get install redis-server/);
    await expect(start(undefined, 'own')).rejects.toThrow(/install Java 17 and Maven, or Docker/);
  } finally {
    process.env['PATH'] = PATH;
  }
});

describe('a demo service', () => {
  /** Starts one that publishes to `taker`, does some `work` with it and stops it. */
  async function withService(
    taker: EventTaker,
    [service, ...args]: readonly string[],
    work: (url: string) => Promise<unknown>,
  ): Promise<void> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const demo = await startProcess({
      command: process.execPath,
      args: [
        '-C',
        '@binnacle/source',
        join(import.meta.dirname, 'demo/main.ts'),
        `--service=${service}`,
        `--port=${port}`,
        '--version=1.8.0',
        `--events.url=${taker.url}`,
        ...args,
      ],
      readyUrl: `${url}/-/exceptions`,
    });
    try {
      await work(url);
    } finally {
      await demo.stop();
    }
  }

  it('publishes what people do, and that its deploy is finished, through event-bus', async () => {
    await using taker = await EventTaker.start();
    await withService(taker, ['timeline'], async (url) => {
      const body = JSON.stringify({ actor: 'user:1', verb: 'like', object: 'track:9' });
      const headers = { 'content-type': 'application/json' };
      await fetch(`${url}/activities`, { method: 'POST', headers, body });
      await waitFor(() => taker.events.length === 1);
    });
    await withService(taker, ['tracks', '--deployed-from=1.7.3'], () =>
      waitFor(() => taker.events.length === 2),
    );
    expect(taker.events).toMatchObject([
      { source: '/demo/timeline', type: 'activity', partitionkey: 'user:1', data: { verb: 'like' } },
      {
        source: '/demo/tracks',
        type: 'deploy.finished',
        partitionkey: 'tracks',
        data: { service: 'tracks', version: '1.8.0', previousVersion: '1.7.3', environment: 'demo' },
      },
    ]);
  }, 30_000);
});

describeWith('redis', 'engines of our own', () => {
  it('start three redis-servers, which keep their data until the next time', async () => {
    using folder = tempDir('stack');
    const options = { root: '/', dataFolder: folder.path, redis: 'own', kafka: undefined };
    const withServers = async (work: (ports: string[]) => void): Promise<void> => {
      const processes = new Processes(join(folder.path, 'logs'));
      try {
        const { farm } = await startEngines(processes, new Ports(), options);
        work(farm!.split(';').map((address) => address.split(':')[1]!));
      } finally {
        await processes.stopAll();
      }
    };
    const cli = (port: string, ...args: string[]): string =>
      execFileSync(REDIS_CLI, ['-p', port, ...args], { encoding: 'utf8' }).trim();
    await withServers((ports) => {
      expect(ports).toHaveLength(3);
      ports.forEach((port, n) => cli(port, 'set', 'place', String(n)));
    });
    await withServers((ports) => {
      expect(ports.map((port) => cli(port, 'get', 'place'))).toEqual(['0', '1', '2']);
    });
  }, 60_000);
});
