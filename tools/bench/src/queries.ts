import { answerDifferences, type ApiAnswer } from './answers.ts';
import { cpuSeconds, peakResidentBytes } from './processStats.ts';
import type { Profile } from './profiles.ts';
import { requestPath, REQUESTS } from './requests.ts';
import type { BenchServer } from './servers.ts';
import { median } from './statistics.ts';

export interface QueryFigures {
  /** What each request took, in the order of `REQUESTS`. */
  readonly requests: readonly RequestFigures[];
  readonly peakResidentBytes: number;
}

/** One request to one server, in milliseconds. */
export interface RequestFigures {
  readonly medianMs: number;
  /** What other programs on the machine disturb least. */
  readonly fastestMs: number;
  /** CPU of the server in all of its threads, a mean. */
  readonly cpuMs: number;
}

/** What makes a server warm: this many requests of a kind, or this much of its CPU. */
const WARM_REQUESTS = 400;
const WARM_CPU_SECONDS = 0.4;
/** How long a turn lasts: the CPU of a process is known in steps of 10 ms. */
const TURN_MS = 30;
/** A turn in which the machine does something else goes on for so many requests, or so long. */
const TURN_REQUESTS = 10;
const MAX_TURN_MS = 300;

/**
 * Sends every request of the mix to every server in turn, `runs` turns each, once all are warm: they run for weeks.
 * In its turn a server is asked at least once, and ten times what is small.
 */
export async function runQueries(
  servers: readonly BenchServer[],
  profile: Profile,
  endMs: number,
  runs: number,
): Promise<Map<BenchServer, QueryFigures>> {
  const requests = servers.map((): RequestFigures[] => []);
  for (const server of servers) {
    for (const request of REQUESTS) await warm(server, requestPath(request, profile, endMs));
  }
  for (const request of REQUESTS) {
    const path = requestPath(request, profile, endMs);
    const times = servers.map((): number[] => []);
    const cpu = servers.map(() => 0);
    for (let run = 0; run < runs; run++) {
      for (const [i, server] of servers.entries()) cpu[i]! += await takeTurn(server, path, times[i]!);
    }
    for (const [i, list] of requests.entries()) {
      list.push({
        medianMs: median(times[i]!),
        fastestMs: Math.min(...times[i]!),
        cpuMs: cpu[i]! / times[i]!.length,
      });
    }
  }
  return new Map(
    servers.map((server, i) => [
      server,
      { requests: requests[i]!, peakResidentBytes: peakResidentBytes(server.pid) },
    ]),
  );
}

/** Adds what each request took to `times`, and gives the CPU of all in milliseconds. */
async function takeTurn({ client, pid }: BenchServer, path: string, times: number[]): Promise<number> {
  const before = cpuSeconds(pid);
  const turnStart = performance.now();
  for (let sent = 0, elapsed = 0; elapsed < (sent < TURN_REQUESTS ? MAX_TURN_MS : TURN_MS); sent++) {
    const start = performance.now();
    await client.get(path);
    times.push(performance.now() - start);
    elapsed = performance.now() - turnStart;
  }
  return (cpuSeconds(pid) - before) * 1000;
}

async function warm({ client, pid }: BenchServer, path: string): Promise<void> {
  const before = cpuSeconds(pid);
  for (let sent = 0; sent < WARM_REQUESTS && cpuSeconds(pid) - before < WARM_CPU_SECONDS; sent++) {
    await client.get(path);
  }
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
