import { statSync } from 'node:fs';
import { join } from 'node:path';
import { EMPTY_LABELS } from '@binnacle/model';
import { createHttpClient, type Target } from '@binnacle/service-discovery';
import { startProcess, tempDir } from '@binnacle/testing';
import { DEFAULT_INGEST_LIMITS, Ingestor } from '../src/aggregate/ingestor.ts';
import { Registry } from '../src/aggregate/registry.ts';
import type { SourceConfig } from '../src/config/serverConfig.ts';
import { DEFAULT_PAYLOAD_LIMITS } from '../src/payload/payload.ts';
import { readFacets } from '../src/queries/facets.ts';
import { listExceptions, type Sort } from '../src/queries/list.ts';
import { readServices } from '../src/queries/services.ts';
import { fitWindow } from '../src/queries/window.ts';
import { TargetScraper } from '../src/scrape/scrapeTarget.ts';
import { unknownHealth } from '../src/scrape/targetHealth.ts';
import { openStore } from '../src/storage/open.ts';

/**
 * A fleet of 100,000 exceptions, 200 services and 2,000 targets: what a whole scrape cycle costs this process over
 * real HTTP, and what queries over all of it cost. Smaller with BENCH_SERVICES; PostgreSQL with BENCH_STORAGE.
 */
const SERVICES = Number(process.env['BENCH_SERVICES'] ?? 200);
const TARGETS_PER_SERVICE = 10;
const KEYS_PER_SERVICE = 500;
const KEYS_PER_TARGET = 100;
const CONCURRENT = 64;

using folder = tempDir('bench');
const path = join(folder.path, 'exceptions.sqlite');
await using fleet = await startProcess({
  command: process.execPath,
  args: [
    '-C',
    '@binnacle/source',
    join(import.meta.dirname, 'targets.ts'),
    String(KEYS_PER_SERVICE),
    String(KEYS_PER_TARGET),
  ],
  readyOutput: /port \d+/,
});
const port = /port (\d+)/.exec(fleet.output())![1]!;
const store = await openStore(process.env['BENCH_STORAGE'] ?? path);
let registry = await Registry.load(store);
let ingestor = new Ingestor(registry, DEFAULT_INGEST_LIMITS, () => undefined);
const client = createHttpClient({});
const scrapers = new Map<string, TargetScraper>();

console.log(
  `${SERVICES} services, ${SERVICES * TARGETS_PER_SERVICE} targets, ${SERVICES * KEYS_PER_SERVICE} exceptions, ${store.kind}`,
);
console.log('| scrape cycle | wall s | CPU s of the server | per target ms CPU |');
console.log('|---|---|---|---|');
await cycle('first: everything is new', 0, 0);
await cycle('unchanged', 0, 0);
await cycle('1% of the counts changed', 1, 0.01);
await cycle('every count changed', 2, 1);
scrapers.clear();
registry = await measure('restart: load everything', () => Registry.load(store));
ingestor = new Ingestor(registry, DEFAULT_INGEST_LIMITS, () => undefined);
await cycle('first after a restart, unchanged', 2, 1);
const { rss } = process.memoryUsage();
console.log(
  `\n${registry.fingerprintCount} exceptions stored, RSS ${(rss / 2 ** 20).toFixed(0)} MiB` +
    (store.kind === 'sqlite' ? `, file ${(statSync(path).size / 2 ** 20).toFixed(0)} MiB` : ''),
);

console.log('\n| query | median ms | max ms |\n|---|---|---|');
const nowMs = Date.now();
const window = fitWindow({ fromMs: nowMs - 3_600_000, toMs: nowMs + 1, maxBuckets: 60, minutesSinceMs: 0 });
const list =
  (sort: Sort, filter = {}) =>
  () =>
    listExceptions(store.db, { filter, window, sort, limit: 100, nowMs });
const open = { statuses: ['new', 'ongoing', 'regressed'] } as const;
await query('list, newest first', list('-lastSeen', open));
await query('list, most in the window', list('-count', open));
await query('list, biggest change', list('-delta', open));
await query('list, text search', list('-lastSeen', { ...open, words: ['order', '499'] }));
await query(
  'list, one service and version',
  list('-totalCount', { ...open, services: ['service 7'], version: '1.1' }),
);
await query('facets', () => readFacets(store.db, open, nowMs));
await query('services', () => readServices(store.db, window, nowMs));
await client.close();
await store.close();

async function cycle(what: string, generation: number, share: number): Promise<void> {
  const count = SERVICES * TARGETS_PER_SERVICE;
  const targets = Array.from({ length: count }, (_, i) => i);
  await measure(
    what,
    async () => {
      await Promise.all(
        Array.from({ length: CONCURRENT }, async () => {
          for (let i = targets.pop(); i !== undefined; i = targets.pop()) await scrape(i, generation, share);
        }),
      );
    },
    count,
  );
}

async function scrape(index: number, generation: number, share: number): Promise<void> {
  const service = index % SERVICES;
  const number = Math.floor(index / SERVICES);
  const url = `http://127.0.0.1:${port}/${generation}/${share}/${service}/${number}`;
  const key = `${service}/${number}`;
  let scraper = scrapers.get(key);
  if (scraper === undefined) scrapers.set(key, (scraper = new TargetScraper()));
  const health = unknownHealth(`service ${service}`, {
    url,
    labels: EMPTY_LABELS,
    address: `10.0.${service}.${number}:80`,
  } as Target);
  health.identity = key.replace('/', '-');
  await scraper.scrape(
    { name: `service ${service}`, timeoutMs: 60_000, keptLabels: undefined } as SourceConfig,
    health,
    {
      ingestor,
      client,
      payloadLimits: DEFAULT_PAYLOAD_LIMITS,
      now: Date.now,
      signal: new AbortController().signal,
      onRejections: () => undefined,
    },
  );
}

async function measure<T>(what: string, work: () => Promise<T>, count = 0): Promise<T> {
  const cpu = process.cpuUsage();
  const begin = performance.now();
  const result = await work();
  const wall = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (user + system) / 1e6;
  console.log(
    `| ${what} | ${wall.toFixed(1)} | ${seconds.toFixed(1)} | ${count === 0 ? '' : ((seconds * 1000) / count).toFixed(2)} |`,
  );
  return result;
}

async function query(what: string, work: () => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let i = 0; i < 9; i++) {
    const begin = performance.now();
    await work();
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  console.log(`| ${what} | ${times[4]!.toFixed(0)} | ${times.at(-1)!.toFixed(0)} |`);
}
