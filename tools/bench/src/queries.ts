import { answerDifferences, type ApiAnswer } from './answers.ts';
import { cpuSeconds, peakResidentBytes } from './processStats.ts';
import type { Profile } from './profiles.ts';
import { requestPath, REQUESTS } from './requests.ts';
import type { BenchServer } from './servers.ts';
import { geometricMean, median } from './statistics.ts';

export interface QueryFigures {
  /** Median milliseconds of each request, in the order of `REQUESTS`. */
  readonly mediansMs: readonly number[];
  readonly geometricMeanMs: number;
  /** The same over the fastest of each request, which other programs on the machine disturb least. */
  readonly fastestGeometricMeanMs: number;
  /** CPU of the server for one round of the mix. */
  readonly cpuMsPerRound: number;
  readonly peakResidentBytes: number;
}

const WARM_REQUESTS = 40;
const WARM_MS = 400;

/** Sends every request of the mix `runs` times to every server in turn, once all are warm: they run for weeks. */
export async function runQueries(
  servers: readonly BenchServer[],
  profile: Profile,
  endMs: number,
  runs: number,
): Promise<Map<BenchServer, QueryFigures>> {
  const medians = servers.map((): number[] => []);
  const fastest = servers.map((): number[] => []);
  for (const { client } of servers) {
    for (const request of REQUESTS) await warm(client, requestPath(request, profile, endMs));
  }
  const before = servers.map(({ pid }) => cpuSeconds(pid));
  for (const request of REQUESTS) {
    const path = requestPath(request, profile, endMs);
    const times = servers.map((): number[] => []);
    for (let run = 0; run < runs; run++) {
      for (const [i, { client }] of servers.entries()) {
        const start = performance.now();
        await client.get(path);
        times[i]!.push(performance.now() - start);
      }
    }
    medians.forEach((list, i) => list.push(median(times[i]!)));
    fastest.forEach((list, i) => list.push(Math.min(...times[i]!)));
  }
  return new Map(
    servers.map((server, i) => [
      server,
      {
        mediansMs: medians[i]!,
        geometricMeanMs: geometricMean(medians[i]!),
        fastestGeometricMeanMs: geometricMean(fastest[i]!),
        cpuMsPerRound: ((cpuSeconds(server.pid) - before[i]!) / runs) * 1000,
        peakResidentBytes: peakResidentBytes(server.pid),
      },
    ]),
  );
}

async function warm(client: BenchServer['client'], path: string): Promise<void> {
  const deadline = performance.now() + WARM_MS;
  for (let sent = 0; sent < WARM_REQUESTS && performance.now() < deadline; sent++) await client.get(path);
}

/** What our answers say otherwise than Prometheus's, each with the id of its request. */
export async function compareAnswers(
  ours: BenchServer,
  prometheus: BenchServer,
  profile: Profile,
  endMs: number,
): Promise<string[]> {
  const differences: string[] = [];
  for (const request of REQUESTS) {
    const path = requestPath(request, profile, endMs);
    const [a, b] = await Promise.all(
      [ours, prometheus].map(
        async ({ client }) => JSON.parse((await client.get(path)).toString()) as ApiAnswer,
      ),
    );
    for (const difference of answerDifferences(a!, b!)) differences.push(`${request.id}: ${difference}`);
  }
  return differences;
}

/** Requests of the mix that `clients` at one time get answered, per second. */
export async function concurrentRate(
  { client }: BenchServer,
  profile: Profile,
  endMs: number,
  { clients = 8, seconds }: { readonly clients?: number; readonly seconds: number },
): Promise<number> {
  const paths = REQUESTS.map((request) => requestPath(request, profile, endMs));
  const start = performance.now();
  const deadline = start + seconds * 1000;
  let sent = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < deadline) await client.get(paths[sent++ % paths.length]!);
  };
  await Promise.all(Array.from({ length: clients }, one));
  return sent / ((performance.now() - start) / 1000);
}
