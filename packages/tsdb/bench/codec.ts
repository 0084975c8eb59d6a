import { decodeValues, encodeValues, maxEncodedSize } from '../src/codec/valueCodec.ts';
import { buildProfile } from './profiles.ts';

/** Encode and decode speed (million samples per CPU second) and size of the columnar codec on the reference mix. */
export function benchCodec(chunkSize: number): { encodeM: number; decodeM: number; bytesPerSample: number } {
  const series = 2000;
  const steps = 480;
  const profile = buildProfile(series);
  const columns = Array.from({ length: series }, () => new Float64Array(steps));
  for (let step = 0; step < steps; step++) {
    profile.step();
    for (let s = 0; s < series; s++) columns[s]![step] = profile.values[s]!;
  }
  const chunks = columns.flatMap((column) =>
    Array.from({ length: Math.floor(steps / chunkSize) }, (_, i) =>
      column.slice(i * chunkSize, (i + 1) * chunkSize),
    ),
  );
  const inputs = chunks.map((values) => ({ values, words: new Uint32Array(values.buffer) }));
  const out = new Uint8Array(chunks.length * maxEncodedSize(chunkSize));
  let size = 0;
  const encodeAll = (): void => {
    size = 0;
    for (const { values, words } of inputs) size = encodeValues(values, words, chunkSize, out, size);
  };
  const result = new Float64Array(chunkSize);
  const resultWords = new Uint32Array(result.buffer);
  const decodeAll = (): void => {
    let at = 0;
    for (let i = 0; i < inputs.length; i++) at = decodeValues(out, at, chunkSize, result, resultWords, 0);
  };
  const samples = chunks.length * chunkSize;
  return {
    encodeM: samples / 1e6 / cpuSeconds(encodeAll, 5),
    decodeM: samples / 1e6 / cpuSeconds(decodeAll, 20),
    bytesPerSample: size / samples,
  };
}

/** Fastest CPU time of one call, over `rounds` calls after a warm-up. */
function cpuSeconds(work: () => void, rounds: number): number {
  work();
  let best = Infinity;
  for (let i = 0; i < rounds; i++) {
    const before = process.cpuUsage();
    work();
    const used = process.cpuUsage(before);
    best = Math.min(best, (used.user + used.system) / 1e6);
  }
  return best;
}
