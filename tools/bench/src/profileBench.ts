import type { Measured } from './gates.ts';
import { ingest } from './ingest.ts';
import { profileGates, profileSummary, profileTable, type ServerFigures } from './profileReport.ts';
import { requestTable, slowRequestsLine } from './requestReport.ts';
import { queryTime, type Profile } from './profiles.ts';
import { compareAnswers, concurrentRate, runQueries } from './queries.ts';
import { settle } from './settle.ts';
import type { SummaryRow } from './summary.ts';
import { startServer, type BenchServer, type Peer } from './servers.ts';

export interface ProfileOutcome {
  readonly summary: readonly SummaryRow[];
  readonly gates: readonly Measured[];
  /** Answers that are not Prometheus's. */
  readonly differences: number;
}

/** Writes a profile to ours and the peers, asks the mix of all, and prints the table. */
export async function benchProfile(
  profile: Profile,
  peers: readonly Peer[],
  { runs, quick }: { readonly runs: number; readonly quick: boolean },
): Promise<ProfileOutcome> {
  await using running = new AsyncDisposableStack();
  const servers: BenchServer[] = [];
  for (const name of ['metrics-server', ...peers] as const) {
    servers.push(running.use(await startServer(name)));
  }
  const { name, series, steps } = profile;
  console.log(`\n${name}: ${series.toLocaleString('en')} series x ${steps} samples, ${runs} runs a request`);
  const endMs = queryTime(Date.now());
  progress('writing the same data to every server');
  const written = await ingest(servers, profile, endMs);
  progress('waiting until every server is idle');
  if (!(await settle(servers))) console.log('Some server was still busy when the requests began.');
  progress('asking every server the mix');
  const prometheus = servers.find((server) => server.name === 'prometheus');
  const differences =
    prometheus === undefined ? [] : await compareAnswers(servers[0]!, prometheus, profile, endMs);
  const asked = await runQueries(servers, profile, endMs, runs);
  progress('8 clients at once, then compaction');
  const figures: ServerFigures[] = [];
  for (const server of servers) {
    const load = written.get(server)!;
    figures.push({
      name: server.name,
      ingest: load,
      queries: asked.get(server)!,
      concurrentPerSecond: await concurrentRate(server, profile, endMs, { seconds: quick ? 2 : 8 }),
      bytesPerSample: (await server.compactedBytes()) / load.samples,
    });
  }
  console.log(`${profileTable(figures)}\n\n${requestTable(figures)}`);
  const theirs = figures.find((server) => server.name === 'prometheus');
  if (theirs !== undefined) {
    console.log(slowRequestsLine(figures[0]!, theirs));
    console.log(answersLine(differences));
  }
  return {
    summary: profileSummary(profile, figures),
    gates: profileGates(profile, figures),
    differences: differences.length,
  };
}

function answersLine(differences: readonly string[]): string {
  if (differences.length === 0) return "Every answer is Prometheus's, values within 1e-9.";
  return ["Answers that are not Prometheus's:", ...differences].join('\n  ');
}

/** Goes to standard error: the tables alone are the output. */
function progress(stage: string): void {
  console.error(`  ${new Date().toISOString().slice(11, 19)} ${stage}`);
}
