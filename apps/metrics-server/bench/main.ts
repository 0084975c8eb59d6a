import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TextParser } from '@binnacle/exposition';
import { Labels } from '@binnacle/model';
import { compress, encodeWriteV1 } from '@binnacle/remote-protocol';
import { systemClock } from '@binnacle/service-discovery';
import { parseConfig } from '@binnacle/service-kit';
import { Tsdb } from '@binnacle/tsdb';
import { configSchema } from '../src/config/configSchema.ts';
import { resolveConfig } from '../src/config/serverConfig.ts';
import { MetadataStore } from '../src/metadataStore.ts';
import { RemoteWriteReceiver } from '../src/remote/writeReceiver.ts';
import { TargetSeries } from '../src/scrape/targetSeries.ts';

/**
 * CPU seconds for a million samples on the two ways in, without the network: 50 targets of 1000 series, 40 rounds. The
 * first rounds, in which every series is new, are shown by themselves.
 */
const TARGETS = 50;
const SERIES = 1000;
const ROUNDS = 40;
const NEW_ROUNDS = 2;

const folder = mkdtempSync(join(tmpdir(), 'metrics-bench-'));
try {
  await scraping();
  remoteWrite();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function scraping(): Promise<void> {
  const storage = open('scraping');
  const file = parseConfig('bench', 'scrape_configs: [{job_name: bench}]', configSchema);
  const config = (await resolveConfig('', file)).scrape[0]!;
  const batch = storage.batch();
  const targets = Array.from({ length: TARGETS }, (_, target) => ({
    parser: new TextParser(),
    series: new TargetSeries({
      storage,
      batch,
      config,
      targetLabels: Labels.from({ job: 'bench', instance: `host-${target}:9100` }),
      onMetadata: () => undefined,
      keepLabels: false,
      createdZeros: false,
      storesStarts: false,
    }),
  }));
  measure('scraping', (round) => {
    const body = Buffer.from(exposition(round));
    return () => {
      for (const { parser, series } of targets) {
        series.begin(timeOf(round));
        parser.parse(Buffer.from(body), false, series);
        series.end();
        batch.commit();
      }
    };
  });
  await storage.close();
}

function remoteWrite(): void {
  const storage = open('write');
  const receiver = new RemoteWriteReceiver({
    storage,
    metadata: new MetadataStore(),
    clock: systemClock,
    maxBodyBytes: 1 << 28,
    exemplarStorage: false,
    onOutcome: () => undefined,
  });
  measure('remote write', (round) => {
    const requests = Array.from({ length: TARGETS }, (_, target) => {
      const series = Array.from({ length: SERIES }, (__, i) => ({
        labels: Labels.from({ __name__: `metric_${i % 50}`, i: String(i), instance: `host-${target}:9100` }),
        timestamps: Float64Array.of(timeOf(round)),
        values: Float64Array.of(i * 7 + round),
      }));
      return compress(encodeWriteV1(series));
    });
    return () => {
      for (const request of requests) receiver.write(request, 1);
    };
  });
}

/** Prepares each round, and measures only what the preparation returns. */
function measure(name: string, prepare: (round: number) => () => void): void {
  const cpu = { created: 0, steady: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const run = prepare(round);
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    cpu[round < NEW_ROUNDS ? 'created' : 'steady'] += (user + system) / 1e6;
  }
  const million = (TARGETS * SERIES) / 1e6;
  const created = cpu.created / (NEW_ROUNDS * million);
  const steady = cpu.steady / ((ROUNDS - NEW_ROUNDS) * million);
  process.stdout.write(
    `${name}: ${steady.toFixed(2)} CPU s for a million samples, ${created.toFixed(2)} while series are new\n`,
  );
}

function open(name: string): Tsdb {
  return Tsdb.open({ folder: join(folder, name), maxSeries: 200_000, maintenanceIntervalMs: 0 });
}

function timeOf(round: number): number {
  return Date.UTC(2026, 0, 1) + 15_000 * round;
}

function exposition(round: number): string {
  let text = '';
  for (let i = 0; i < SERIES; i++) {
    if (i % 20 === 0) text += `# HELP metric_${i / 20} Something.\n# TYPE metric_${i / 20} counter\n`;
    text += `metric_${Math.floor(i / 20)}{code="${i % 5}",path="/some/path/${i}"} ${i * 7 + round}\n`;
  }
  return text;
}
