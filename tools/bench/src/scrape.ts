import type { Measured } from './gates.ts';
import { cpuSeconds, peakResidentBytes } from './processStats.ts';
import { ScrapeTargets } from './scrapeTargets.ts';
import { startServer, type BenchServer, type Peer } from './servers.ts';
import { formatTable, short } from './table.ts';

const INTERVAL_SECONDS = 5;
const SERIES = 1000;
const GATE = 2.4;
const GOAL = 1.5;

/** All servers scrape the same 200 targets at the same time; CPU counts after each target is known. */
export async function benchScrape(peers: readonly Peer[], quick: boolean): Promise<Measured[]> {
  const targetCount = quick ? 20 : 200;
  const seconds = quick ? 10 : 40;
  await using running = new AsyncDisposableStack();
  const targets = running.use(await ScrapeTargets.start(SERIES));
  const config = targets.config(targetCount, INTERVAL_SECONDS);
  const servers: BenchServer[] = [];
  for (const name of ['metrics-server', ...peers] as const) {
    servers.push(running.use(await startServer(name, config)));
  }
  await pause(3 * INTERVAL_SECONDS);
  const before = servers.map(({ pid }) => cpuSeconds(pid));
  const start = performance.now();
  await pause(seconds);
  const samples = (targetCount * SERIES * (performance.now() - start)) / 1000 / INTERVAL_SECONDS;
  const costs = servers.map(({ pid }, i) => ((cpuSeconds(pid) - before[i]!) / samples) * 1e6);
  console.log(`\nscrape: ${targetCount} targets x ${SERIES} series every ${INTERVAL_SECONDS} s`);
  console.log(
    formatTable(
      ['', 'CPU s / M samples', 'ratio', 'peak resident MiB', 'targets up'],
      await Promise.all(
        servers.map(async ({ name, pid, client }, i) => [
          name,
          short(costs[i]!),
          i === 0 ? '' : `x${short(costs[0]! / costs[i]!)}`,
          short(peakResidentBytes(pid) / 2 ** 20),
          await targetsUp(client),
        ]),
      ),
    ),
  );
  return [{ figure: 'scrape, CPU s / M samples', gate: GATE, goal: GOAL, value: costs[0]! }];
}

async function targetsUp(client: BenchServer['client']): Promise<string> {
  const answer = JSON.parse((await client.get('/api/v1/query?query=sum(up)&nocache=1')).toString()) as {
    data: { result: { value: [number, string] }[] };
  };
  return answer.data.result[0]?.value[1] ?? '0';
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
