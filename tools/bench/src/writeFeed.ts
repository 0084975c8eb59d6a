import { compress, encodeWriteV1, type OutgoingSeries } from '@binnacle/remote-protocol';
import { Fleet } from './fleet.ts';
import { INTERVAL_MS, SAMPLE_LAG_MS, type Profile } from './profiles.ts';

const SAMPLES_PER_REQUEST = 5000;

/** One remote write 1.0 request, compressed. */
export interface WriteRequest {
  readonly body: Uint8Array;
  readonly samples: number;
}

/** The requests that carry a profile's data, in time order; the last sample lies just before `endMs`. */
export function* writeFeed(profile: Profile, endMs: number): Generator<WriteRequest> {
  const fleet = new Fleet(profile.series);
  const width = profile.samplesPerRequest;
  const timestamps = new Float64Array(width);
  const values = new Float64Array(profile.series * width);
  const outgoing = fleet.labels.map((labels, i): OutgoingSeries => ({
    labels,
    timestamps,
    values: values.subarray(i * width, (i + 1) * width),
  }));
  const perRequest = Math.max(1, Math.floor(SAMPLES_PER_REQUEST / width));
  const firstMs = endMs - SAMPLE_LAG_MS - (profile.steps - 1) * INTERVAL_MS;
  for (let step = 0; step < profile.steps; step += width) {
    for (let column = 0; column < width; column++) {
      fleet.advance();
      timestamps[column] = firstMs + (step + column) * INTERVAL_MS;
      for (let i = 0; i < profile.series; i++) values[i * width + column] = fleet.values[i]!;
    }
    for (let from = 0; from < outgoing.length; from += perRequest) {
      const part = outgoing.slice(from, from + perRequest);
      yield { body: compress(encodeWriteV1(part)), samples: part.length * width };
    }
  }
}
