import { PROFILE_GATES, type Measured } from './gates.ts';
import type { IngestFigures } from './ingest.ts';
import type { Profile } from './profiles.ts';
import type { QueryFigures } from './queries.ts';
import { MEASURE_NAMES, MEASURES, requestRatios, WORST_RATIO } from './requestReport.ts';
import { REQUESTS } from './requests.ts';
import type { ServerName } from './servers.ts';
import { geometricMean } from './statistics.ts';
import type { SummaryRow } from './summary.ts';
import { formatTable, short } from './table.ts';

const MIB = 2 ** 20;
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
      row('the mix once, CPU ms', ({ queries }) => sum(queries.requests.map(({ cpuMs }) => cpuMs))),
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
    row('21 requests, geometric mean ms', ({ queries }) =>
      geometricMean(queries.requests.map(({ medianMs }) => medianMs)),
    ),
    row('21 requests, CPU ms', ({ queries }) => sum(queries.requests.map(({ cpuMs }) => cpuMs))),
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
    const ratios = requestRatios(ours, prometheus);
    for (const measure of MEASURES) {
      const mean = geometricMean(ratios.map((one) => one[measure]));
      add(`requests, ratio of ${MEASURE_NAMES[measure]}`, queries, mean);
    }
    const worst = ratios.reduce((most, one) => (one.medianMs > most.medianMs ? one : most));
    add(`slowest ratio of p50 (${worst.id})`, [WORST_RATIO, 1], worst.medianMs);
  }
  if (profile.name === 's10k') {
    const rate = REQUESTS.findIndex(({ id }) => id === 'r_rate_by_job_1h');
    const { medianMs } = ours.queries.requests[rate]!;
    add('sum by (job)(rate), 241 steps, ms', [WARM_RATE_MS, WARM_RATE_MS], medianMs);
  }
  return measured;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
