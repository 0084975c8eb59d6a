import { once } from 'node:events';
import { availableParallelism, loadavg } from 'node:os';
import { Worker } from 'node:worker_threads';
import { HttpClient } from '../httpClient.ts';
import { cpuSeconds, residentBytes } from '../processStats.ts';
import { INTERVAL_MS, SAMPLE_LAG_MS } from '../profiles.ts';
import { WRITE_LIMIT_MS, type FeedOptions, type FeedProgress, type FeedResult } from './feed.ts';
import type { LoadOptions } from './loadOptions.ts';
import { atMost, checkTable, none, type Check } from './loadReport.ts';
import { MemoryWatch } from './memoryWatch.ts';
import { QUERY_LIMIT_MS, QueryClients } from './queryClients.ts';
import { scrapeOutcome, storedSamples, type Stored } from './verify.ts';
import { Victim } from './victim.ts';

const TARGET_SERIES = 500;
const SCRAPE_SECONDS = 10;
const KILL_AT = 0.6;
const BYTES_PER_SERIES = 1500;
const FEWEST_FOR_MEMORY = 250_000;
/** The base is the memory of a server that has started its query threads and answered, but stores next to nothing. */
const WARM_MS = 10_000;
const REPORT_MS = 15_000;
/** The newest samples end a little ahead of the clock, which the server allows, and start within what it still takes. */
const HEAD_START_MS = 3 * 60_000;

/** Runs the load test, prints its table, and gives 0 when everything holds, else 1. */
export async function runLoad(options: LoadOptions): Promise<number> {
  const { series, steps, intervalSeconds, clients, targets } = options;
  const samples = series * steps;
  console.log(
    `load: ${series.toLocaleString('en')} series x ${steps} samples, one every ${intervalSeconds} s (an hour, as fast` +
      ` as they are taken), ${targets} targets x ${TARGET_SERIES} series every ${SCRAPE_SECONDS} s, ${clients} query clients`,
  );
  await using cleanup = new AsyncDisposableStack();
  const targetsThread = cleanup.adopt(startTargets(targets), (thread) => void thread.terminate());
  const [config] = (await once(targetsThread, 'message')) as [string];
  const victim = cleanup.use(await Victim.start(config));
  const memory = new MemoryWatch(() => victim.pid);
  cleanup.defer(() => memory.stop());

  const firstMs = Date.now() + HEAD_START_MS - steps * intervalSeconds * 1000;
  let newestMs = firstMs;
  const profile = {
    name: 'load',
    series,
    steps: (steps * intervalSeconds * 1000) / INTERVAL_MS,
    samplesPerRequest: 1,
  };
  const startClients = (): QueryClients =>
    new QueryClients(victim.port, clients, profile, () => newestMs + SAMPLE_LAG_MS);
  const warming = startClients();
  await pause(WARM_MS);
  await warming.stop();
  const baseBytes = residentBytes(victim.pid);
  const asking = startClients();

  const feed = new FeedThread({
    port: victim.port,
    series,
    steps,
    intervalMs: intervalSeconds * 1000,
    firstMs,
  });
  cleanup.defer(() => feed.stop());
  let killed: Promise<number> | undefined;
  let acknowledgedAtKill = 0;
  let cpuBefore = 0;
  let reportedAt = performance.now();
  const start = reportedAt;
  const result = await feed.run((progress) => {
    newestMs = progress.timeMs;
    if (progress.steps >= KILL_AT * steps && killed === undefined) {
      acknowledgedAtKill = progress.acknowledged;
      cpuBefore = cpuSeconds(victim.pid);
      killed = killAndRestart(victim, asking);
    }
    if (performance.now() - reportedAt < REPORT_MS) return;
    reportedAt = performance.now();
    note(
      `${progress.steps} of ${steps} steps, resident ${mib(memory.nowBytes)} MiB, ${asking.answered} queries`,
    );
  });
  const feedSeconds = (performance.now() - start) / 1000;
  const replaySeconds = (await killed) ?? NaN;
  const loadedBytes = memory.medianOfLast(15);
  await asking.stop();
  note('counting what is stored');
  const client = new HttpClient(victim.port, QUERY_LIMIT_MS);
  const stored = await storedSamples(client, result.hostSums, 100 * steps, newestMs);
  const scraped = await scrapeOutcome(client);
  targetsThread.postMessage('stall');
  const [stalledSeconds] = (await once(targetsThread, 'message')) as [number];
  client.close();
  const active = series + targets * TARGET_SERIES;
  const cpu = cpuBefore + cpuSeconds(victim.pid);
  console.log(
    `${Math.round(feedSeconds)} s, ${Math.round(samples / feedSeconds).toLocaleString('en')} samples/s, ` +
      `${short3((cpu / samples) * 1e6)} CPU s / M samples (queries and replay included), ` +
      `${asking.answered} queries answered, ${asking.cut} cut by the kill, base ${mib(baseBytes)} MiB, ` +
      `at the end ${mib(loadedBytes)} MiB, at most ${mib(memory.peakBytes)} MiB`,
  );
  console.log(
    `load average ${loadavg()[1]!.toFixed(1)} on ${availableParallelism()} processors; ` +
      `the targets' own thread was kept from running for ${stalledSeconds.toFixed(1)} s at worst`,
  );
  const checks = [
    none('scrapes failed', scraped.failed, scraped.scrapes),
    atMost('slowest scrape, s', SCRAPE_SECONDS, scraped.slowestSeconds),
    none('targets never scraped', targets - scraped.targets, targets),
    none('queries failed', asking.failures.length, asking.answered, asking.failures[0]),
    atMost(
      'slowest query, s',
      QUERY_LIMIT_MS / 1000,
      asking.slowest.durationMs / 1000,
      ` (${asking.slowest.id})`,
    ),
    none('write requests refused', result.refused, samples / 5000, result.refusal),
    atMost('slowest write request, s', WRITE_LIMIT_MS / 1000, result.slowestMs / 1000),
    memoryCheck('resident B / series above base, at the end', loadedBytes - baseBytes, active),
    memoryCheck('resident B / series above base, at most', memory.peakBytes - baseBytes, active),
    ...durability(result, stored, acknowledgedAtKill, replaySeconds),
  ];
  console.log(checkTable(checks));
  return checks.every(({ holds }) => holds) ? 0 : 1;
}

/** With few series the heap's own slack outweighs them: the figure is shown and no verdict given. */
function memoryCheck(figure: string, bytes: number, series: number): Check {
  const check = atMost(figure, BYTES_PER_SERIES, bytes / series);
  return series >= FEWEST_FOR_MEMORY ? check : { ...check, limit: '-', holds: true };
}

function durability(result: FeedResult, stored: Stored, atKill: number, replaySeconds: number): Check[] {
  return [
    {
      figure: `samples stored, killed after ${atKill.toLocaleString('en')}, ready again in ${Math.round(replaySeconds)} s`,
      limit: result.acknowledged.toLocaleString('en'),
      measured: stored.samples.toLocaleString('en'),
      holds: atKill > 0 && stored.samples >= result.acknowledged,
    },
    none(
      'hosts whose samples do not add up',
      stored.wrongHosts.length,
      result.hostSums.length,
      stored.wrongHosts[0],
    ),
  ];
}

/** Resolves with the seconds until the server was ready again. */
async function killAndRestart(victim: Victim, asking: QueryClients): Promise<number> {
  note('kill -9, and start again');
  asking.serverDown = true;
  await victim.kill();
  const start = performance.now();
  await victim.restart();
  asking.serverDown = false;
  const seconds = (performance.now() - start) / 1000;
  note(`ready again after ${Math.round(seconds)} s`);
  return seconds;
}

function startTargets(targets: number): Worker {
  return new Worker(new URL('targetsWorker.ts', import.meta.url), {
    workerData: { series: TARGET_SERIES, targets, intervalSeconds: SCRAPE_SECONDS },
  });
}

class FeedThread {
  readonly #worker: Worker;

  constructor(options: FeedOptions) {
    this.#worker = new Worker(new URL('feedWorker.ts', import.meta.url), { workerData: options });
  }

  run(onProgress: (progress: FeedProgress) => void): Promise<FeedResult> {
    return new Promise((resolve, reject) => {
      this.#worker.on('message', (message: { progress?: FeedProgress; result?: FeedResult }) => {
        if (message.progress !== undefined) onProgress(message.progress);
        if (message.result !== undefined) resolve(message.result);
      });
      this.#worker.once('error', reject);
    });
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

function note(text: string): void {
  console.error(`  ${new Date().toISOString().slice(11, 19)} ${text}`);
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

function short3(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
