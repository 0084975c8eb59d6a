import { join } from 'node:path';
import { ExpositionError } from '@binnacle/exposition';
import { EMPTY_LABELS, Labels } from '@binnacle/model';
import { compress, encodeWriteV1, encodeWriteV2, RemoteProtocolError } from '@binnacle/remote-protocol';
import { ConfigError, parseConfig } from '@binnacle/service-kit';
import { tempDir, type TempDir } from '@binnacle/testing';
import { systemClock } from '@binnacle/service-discovery';
import { Tsdb } from '@binnacle/tsdb';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from './config/configSchema.ts';
import { ApiError } from './errors.ts';
import { MetadataStore } from './metadataStore.ts';
import { OtlpReceiver } from './otlp/otlpReceiver.ts';
import { parsePush } from './push/parsePush.ts';
import { RemoteWriteReceiver } from './remote/writeReceiver.ts';

let folder: TempDir;
let storage: Tsdb;

beforeEach(() => {
  folder = tempDir('fuzz');
  storage = Tsdb.open({ folder: join(folder.path, 'data'), maxSeries: 100_000, maintenanceIntervalMs: 0 });
});
afterEach(async () => {
  await storage.close();
  folder.remove();
});

const SERIES = [0, 1, 2].map((i) => ({
  labels: Labels.from({ __name__: 'a', i: String(i), other: 'value' }),
  timestamps: Float64Array.of(Date.now()),
  values: Float64Array.of(i),
  exemplars: [{ labels: Labels.from({ t: 'x' }), value: 1, timestampMs: 1 }],
  metadata: { type: 'counter', help: 'Help.', unit: '' },
}));

/** Bytes, and places of them to overwrite, cut or repeat. */
const changes = fc.array(
  fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'cut', 'insert')),
  {
    maxLength: 8,
  },
);

function changed(bytes: Uint8Array, list: readonly (readonly [number, number, string])[]): Uint8Array {
  let result = Buffer.from(bytes);
  for (const [place, value, kind] of list) {
    const at = result.length === 0 ? 0 : place % result.length;
    if (kind === 'set' && result.length > 0) result[at] = value;
    else if (kind === 'cut') result = result.subarray(0, at);
    else result = Buffer.concat([result.subarray(0, at), Buffer.from([value]), result.subarray(at)]);
  }
  return result;
}

/** Runs something that may refuse its input with one of its own errors, and with nothing else. */
function refusesOrTakes(work: () => unknown, ...kinds: (new (...args: never[]) => Error)[]): void {
  try {
    work();
  } catch (error) {
    if (!kinds.some((kind) => error instanceof kind)) throw error;
  }
}

describe('nothing that comes from the network ends in anything but an answer', () => {
  it.each([1, 2] as const)('remote write %i.0', (version) => {
    const receiver = new RemoteWriteReceiver({
      storage,
      metadata: new MetadataStore(),
      clock: systemClock,
      maxBodyBytes: 1 << 20,
      exemplarStorage: true,
      onOutcome: () => undefined,
    });
    const body = version === 1 ? encodeWriteV1(SERIES) : encodeWriteV2(SERIES);
    expect(receiver.write(compress(body), version).refused).toBeUndefined();
    fc.assert(
      fc.property(changes, fc.boolean(), (list, inside) => {
        const bytes = inside ? compress(changed(body, list)) : changed(compress(body), list);
        refusesOrTakes(() => receiver.write(bytes, version), RemoteProtocolError, ApiError);
      }),
      { numRuns: 500 },
    );
  });

  it('OTLP', () => {
    const receiver = new OtlpReceiver({
      storesStarts: true,
      storage,
      metadata: new MetadataStore(),
      clock: systemClock,
      promoted: () => new Set(),
    });
    const json = JSON.stringify({
      resourceMetrics: [
        { scopeMetrics: [{ metrics: [{ name: 'x', gauge: { dataPoints: [{ asInt: '1' }] } }] }] },
      ],
    });
    fc.assert(
      fc.property(changes, fc.uint8Array({ maxLength: 200 }), (list, bytes) => {
        refusesOrTakes(() => receiver.write(changed(Buffer.from(json), list), true), ApiError);
        refusesOrTakes(() => receiver.write(bytes, false), RemoteProtocolError, ApiError);
      }),
      { numRuns: 500 },
    );
  });

  it('pushes', () => {
    const text = '# HELP a A.\n# TYPE a histogram\na_bucket{le="1"} 1\na_count 1\na_sum 0.5\n';
    fc.assert(
      fc.property(changes, fc.boolean(), (list, isProtobuf) => {
        const bytes = changed(Buffer.from(text), list);
        refusesOrTakes(
          () => parsePush(bytes, isProtobuf, EMPTY_LABELS),
          ExpositionError,
          ApiError,
          RemoteProtocolError,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('configuration files', () => {
    const yaml =
      'global: {scrape_interval: 1s}\nscrape_configs:\n  - {job_name: a, static_configs: [{targets: [b]}], body_size_limit: 1MB}\n';
    fc.assert(
      fc.property(changes, (list) => {
        const text = Buffer.from(changed(Buffer.from(yaml), list)).toString();
        refusesOrTakes(() => parseConfig('prometheus.yml', text, configSchema), ConfigError);
      }),
      { numRuns: 300 },
    );
  });
});
