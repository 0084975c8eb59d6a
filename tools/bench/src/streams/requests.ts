import { median } from '../statistics.ts';
import type { Calibration } from './calibration.ts';
import type { StreamServer, StreamServerName } from './servers.ts';
import { wrkScript, type Shape } from './shapes.ts';
import { runWrk } from './wrk.ts';

/** What one shape cost on one server: medians over the rounds. */
export interface ShapeFigures {
  readonly shape: Shape;
  readonly server: StreamServerName;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU of a request, in microseconds. */
  readonly ownMicros: number;
  readonly redisMicros: number;
  readonly errors: number;
  /** How slow the machine was meanwhile; see `Calibration`. */
  readonly factor: number;
}

type Round = Omit<ShapeFigures, 'shape' | 'server' | 'factor'>;

let seed = 0;

/** Warms up, then runs a shape on every server in turn, so many rounds, so that what else the machine does strikes all alike. */
export async function measureShape(
  shape: Shape,
  servers: readonly StreamServer[],
  calibration: Calibration,
  options: { readonly rounds: number; readonly seconds: number; readonly folder: string },
): Promise<ShapeFigures[]> {
  const rounds = new Map(servers.map((server) => [server, [] as Round[]]));
  // The first seconds of a shape are those of the compiler.
  for (const server of servers) await measureRound(shape, server, options);
  const factors: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    factors.push(await calibration.factor());
    for (const [server, seen] of rounds) seen.push(await measureRound(shape, server, options));
  }
  return [...rounds].map(([server, seen]) => ({
    shape,
    server: server.name,
    requestsPerSecond: median(seen.map((one) => one.requestsPerSecond)),
    p50Ms: median(seen.map((one) => one.p50Ms)),
    p99Ms: median(seen.map((one) => one.p99Ms)),
    ownMicros: median(seen.map((one) => one.ownMicros)),
    redisMicros: median(seen.map((one) => one.redisMicros)),
    errors: seen.reduce((sum, one) => sum + one.errors, 0),
    factor: median(factors),
  }));
}

async function measureRound(
  shape: Shape,
  server: StreamServer,
  { seconds, folder }: { readonly seconds: number; readonly folder: string },
): Promise<Round> {
  const before = server.cpu();
  const result = await runWrk({ url: server.url, script: wrkScript(shape, ++seed), seconds, folder });
  const after = server.cpu();
  const micros = (from: number, to: number): number => ((to - from) * 1e6) / Math.max(1, result.requests);
  return {
    requestsPerSecond: result.requests / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    ownMicros: micros(before.own, after.own),
    redisMicros: micros(before.redis, after.redis),
    errors: result.errors,
  };
}
