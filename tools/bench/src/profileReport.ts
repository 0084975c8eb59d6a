import { PROFILE_GATES, type Measured } from './gates.ts';
import type { IngestFigures } from './ingest.ts';
import type { Profile } from './profiles.ts';
import type { QueryFigures } from './queries.ts';
import { REQUESTS } from './requests.ts';
import type { ServerName } from './servers.ts';
import type { SummaryRow } from './summary.ts';
import { formatTable, short } from './table.ts';

const MIB = 2 ** 20;
const WORST_RATIO = 1.5;
const WARM_RATE_MS = 20;

/** What one server did with one profile. */
export interface ServerFigures {
  readonly name: ServerName;
  readonly ingest: IngestFigures;
  readonly queries: QueryFigures;
  readonly concurrentPerSecond: number;
  readonly bytesPerSample: number;
}

/** Everything measured of a profile, a column a server and after it ours divided by the peer's. Ours comes first. */
export function profileTable(servers: readonly ServerFigures[]): string {
  const [ours, ...peers] = servers;
  const row = (what: string, of: (figures: ServerFigures) => number): string[] => [
    what,
    short(of(ours!)),
    ...peers.flatMap((peer) => [short(of(peer)), `x${short(of(ours!) / of(peer))}`]),
  ];
  return formatTable(
    ['', ours!.name, ...peers.flatMap(({ name }) => [name, 'ratio'])],
    [
      row('remote write, CPU s / M samples', ({ ingest }) => ingest.cpuSecondsPerMillion),
      row('resident MiB after writing', ({ ingest }) => ingest.residentBytes / MIB),
      row('peak resident MiB after writing', ({ ingest }) => ingest.peakResidentBytes / MIB),
      row('bytes / sample, compacted', ({ bytesPerSample }) => bytesPerSample),
      ...REQUESTS.map(({ id }, i) => row(`${id}, p50 ms`, ({ queries }) => queries.mediansMs[i]!)),
      row('geometric mean of p50, ms', ({ queries }) => queries.geometricMeanMs),
      row('geometric mean of the fastest, ms', ({ queries }) => queries.fastestGeometricMeanMs),
      row('the mix once, CPU ms', ({ queries }) => queries.cpuMsPerRound),
      row('8 clients, requests / s', ({ concurrentPerSecond }) => concurrentPerSecond),
      row('peak resident MiB after queries', ({ queries }) => queries.peakResidentBytes / MIB),
    ],
  );
}

/** What the closing table has of a profile: ingest, disk, memory and queries. */
export function profileSummary({ name }: Profile, servers: readonly ServerFigures[]): SummaryRow[] {
  const row = (what: string, of: (figures: ServerFigures) => number): SummaryRow => ({
    figure: `${name}: ${what}`,
    values: new Map(servers.map((figures) => [figures.name, of(figures)])),
  });
  return [
    row('remote write, CPU s / M samples', ({ ingest }) => ingest.cpuSecondsPerMillion),
    row('disk, bytes / sample, compacted', ({ bytesPerSample }) => bytesPerSample),
    row('resident MiB after writing', ({ ingest }) => ingest.residentBytes / MIB),
    row('21 requests, geometric mean ms', ({ queries }) => queries.geometricMeanMs),
    row('21 requests, CPU ms', ({ queries }) => queries.cpuMsPerRound),
    row('8 clients, requests / s', ({ concurrentPerSecond }) => concurrentPerSecond),
    row('peak resident MiB after queries', ({ queries }) => queries.peakResidentBytes / MIB),
  ];
}

/** The gates that a profile answers. Those on ratios need Prometheus beside ours. */
export function profileGates(profile: Profile, servers: readonly ServerFigures[]): Measured[] {
  const ours = servers[0]!;
  const prometheus = servers.find(({ name }) => name === 'prometheus');
  const { queries, writeCpu, bytesPerSample } = PROFILE_GATES[profile.name]!;
  const measured: Measured[] = [];
  const add = (what: string, [gate, goal]: readonly [number, number], value: number): void => {
    measured.push({ figure: `${profile.name}: ${what}`, gate, goal, value });
  };
  if (writeCpu !== undefined) {
    add('remote write, CPU s / M samples', writeCpu, ours.ingest.cpuSecondsPerMillion);
  }
  if (bytesPerSample !== undefined) add('bytes / sample, compacted', bytesPerSample, ours.bytesPerSample);
  if (prometheus !== undefined) {
    const { geometricMeanMs } = prometheus.queries;
    add('requests, geometric mean ratio', queries, ours.queries.geometricMeanMs / geometricMeanMs);
    const { id, ratio } = worstRequest(ours.queries, prometheus.queries);
    add(`slowest ratio (${id})`, [WORST_RATIO, 1], ratio);
  }
  if (profile.name === 's10k') {
    const rate = REQUESTS.findIndex(({ id }) => id === 'r_rate_by_job_1h');
    add('sum by (job)(rate), 241 steps, ms', [WARM_RATE_MS, WARM_RATE_MS], ours.queries.mediansMs[rate]!);
  }
  return measured;
}

function worstRequest(ours: QueryFigures, theirs: QueryFigures): { id: string; ratio: number } {
  const ratios = REQUESTS.map(({ id }, i) => ({ id, ratio: ours.mediansMs[i]! / theirs.mediansMs[i]! }));
  return ratios.reduce((worst, one) => (one.ratio > worst.ratio ? one : worst));
}
