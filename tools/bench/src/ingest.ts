import { cpuSeconds, peakResidentBytes, residentBytes } from './processStats.ts';
import type { Profile } from './profiles.ts';
import type { BenchServer } from './servers.ts';
import { writeFeed } from './writeFeed.ts';

const SETTLE_MS = 2000;
const HEADERS = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
};

export interface IngestFigures {
  readonly samples: number;
  readonly cpuSecondsPerMillion: number;
  readonly peakResidentBytes: number;
  /** What is resident once the writing is over. */
  readonly residentBytes: number;
}

/**
 * Sends a profile's data to every server, request by request in turn, so that what else the machine does falls on all
 * alike. CPU counts until shortly after the end: work put off is work.
 */
export async function ingest(
  servers: readonly BenchServer[],
  profile: Profile,
  endMs: number,
): Promise<Map<BenchServer, IngestFigures>> {
  const before = servers.map(({ pid }) => cpuSeconds(pid));
  let samples = 0;
  for (const write of writeFeed(profile, endMs)) {
    for (const { client } of servers) await client.post('/api/v1/write', write.body, HEADERS);
    samples += write.samples;
  }
  for (const server of servers) await server.flush();
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return new Map(
    servers.map((server, i) => [
      server,
      {
        samples,
        cpuSecondsPerMillion: ((cpuSeconds(server.pid) - before[i]!) / samples) * 1e6,
        peakResidentBytes: peakResidentBytes(server.pid),
        residentBytes: residentBytes(server.pid),
      },
    ]),
  );
}
