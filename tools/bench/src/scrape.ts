import type { Measured } from './gates.ts';
import type { SummaryRow } from './summary.ts';
import { cpuSeconds, peakResidentBytes } from './processStats.ts';
import { ScrapeTargets } from './scrapeTargets.ts';
import { startServer, type BenchServer, type Peer } from './servers.ts';
import { formatTable, short } from './table.ts';

const INTERVAL_SECONDS = 5;
const SERIES = 1000;
const GATE = 2.4;
const GOAL = 1.5;

export interface ScrapeOutcome {
  readonly summary: readonly SummaryRow[];
  readonly gates: readonly Measured[];
}

/** All servers scrape their own copy of the same targets at the same time; only samples that were fetched count. */
export async function benchScrape(peers: readonly Peer[], quick: boolean): Promise<ScrapeOutcome> {
  const targetCount = quick ? 20 : 200;
  const seconds = quick ? 10 : 40;
  await using running = new AsyncDisposableStack();
  const scrapers: Scraper[] = [];
  for (const name of ['metrics-server', ...peers] as const) {
    const targets = running.use(await ScrapeTargets.start(SERIES));
    const server = running.use(await startServer(name, targets.config(targetCount, INTERVAL_SECONDS)));
    scrapers.push({ server, targets });
  }
  await pause(3 * INTERVAL_SECONDS);
  const before = scrapers.map(readingOf);
  await pause(seconds);
  const figures = scrapers.map((scraper, i) => {
    const { cpu, scrapes } = readingOf(scraper);
    const fetched = scrapes - before[i]!.scrapes;
    return { fetched, cost: ((cpu - before[i]!.cpu) / (fetched * SERIES)) * 1e6 };
  });
  const ours = figures[0]!.cost;
  console.log(
    `\nscrape: ${targetCount} targets x ${SERIES} series every ${INTERVAL_SECONDS} s, for ${seconds} s`,
  );
  console.log(
    formatTable(
      ['', 'CPU s / M samples', 'ratio', 'peak resident MiB', 'scrapes'],
      scrapers.map(({ server: { name, pid } }, i) => [
        name,
        short(figures[i]!.cost),
        i === 0 ? '' : `x${short(ours / figures[i]!.cost)}`,
        short(peakResidentBytes(pid) / 2 ** 20),
        String(figures[i]!.fetched),
      ]),
    ),
  );
  const row = (figure: string, of: (scraper: Scraper, i: number) => number): SummaryRow => ({
    figure: `scrape: ${figure}`,
    values: new Map(scrapers.map((scraper, i) => [scraper.server.name, of(scraper, i)])),
  });
  return {
    summary: [
      row('CPU s / M samples', (_, i) => figures[i]!.cost),
      row('peak resident MiB', ({ server }) => peakResidentBytes(server.pid) / 2 ** 20),
      row('scrapes made', (_, i) => figures[i]!.fetched),
    ],
    gates: [{ figure: 'scrape, CPU s / M samples', gate: GATE, goal: GOAL, value: ours }],
  };
}

interface Scraper {
  readonly server: BenchServer;
  readonly targets: ScrapeTargets;
}

function readingOf({ server, targets }: Scraper): { cpu: number; scrapes: number } {
  return { cpu: cpuSeconds(server.pid), scrapes: targets.served };
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
