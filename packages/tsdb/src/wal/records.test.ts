import { Labels } from '@binnacle/model';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { SampleBatch } from '../head/sampleBatch.ts';
import { Definitions, isBatch, readBatch, RECORD, writeBatch } from './records.ts';

it('keeps the start timestamps of a batch, few or many, known or not', () => {
  const start = fc.oneof(
    fc.constant(0),
    fc.constant(1_700_000_000_000),
    fc.integer({ min: -9, max: 2 ** 45 }),
  );
  fc.assert(
    fc.property(fc.array(start, { maxLength: 300 }), (starts) => {
      const batch = new SampleBatch();
      starts.forEach((startMs, i) => {
        batch.add(i, 1000, i);
        batch.setStart(i, startMs);
      });
      const read = readBack(batch);
      expect(read.length).toBe(starts.length);
      expect(starts.map((_, i) => read.starts?.[i] ?? 0)).toEqual(starts);
    }),
  );
});

it('writes a batch without start timestamps in the form that it always had', () => {
  const batch = new SampleBatch();
  batch.add(1, 1000, 1);
  batch.setStart(0, 5);
  batch.clear();
  batch.add(1, 1000, 1);
  expect(batch.starts).toBeUndefined();
  const bytes = encoded(batch);
  expect(bytes[0]).toBe(RECORD.batch);
  expect([...bytes.subarray(-4)]).toEqual([0, 0, 0, 0]);
});

it('reads the start timestamps of a log that has an index with each', () => {
  const out = new ByteWriter();
  for (const count of [0, 2]) out.uvarint(count);
  out.u8(1);
  out.varint(1000);
  for (const refStep of [3, 1]) out.varint(refStep);
  for (const value of [7, 8]) out.f64(value);
  for (const number of [0, 1, 1]) out.uvarint(number);
  out.varint(900);
  for (const count of [0, 0]) out.uvarint(count);
  const samples = new SampleBatch();
  readBatch(new ByteReader(out.view()), RECORD.batch, samples);
  expect([...samples.refs.subarray(0, 2)]).toEqual([3, 4]);
  expect([...samples.starts!.subarray(0, 2)]).toEqual([0, 900]);
});

it('refuses runs that do not fit the samples', () => {
  const batch = new SampleBatch();
  batch.add(1, 1000, 1);
  batch.setStart(0, 5);
  const bytes = encoded(batch);
  const runAt = bytes.length - 4;
  expect(bytes[runAt]).toBe(3);
  for (const run of [1, 5]) {
    bytes[runAt] = run;
    const input = new ByteReader(bytes, 1);
    expect(() => readBatch(input, RECORD.startedBatch, new SampleBatch())).toThrow(
      expect.objectContaining({ code: 'TSDB_CORRUPT_CHUNK' }),
    );
  }
});

it('does not know a start that cannot be a time', () => {
  const batch = new SampleBatch();
  for (const [i, startMs] of [NaN, Infinity, 0.5, 2 ** 60, -(2 ** 60)].entries()) {
    batch.add(i, 1000, 1);
    batch.setStart(i, startMs);
  }
  expect(batch.starts).toBeUndefined();
});

function encoded(samples: SampleBatch): Uint8Array {
  const out = new ByteWriter();
  const series = new Definitions();
  series.add(1, Labels.from({ __name__: 'm' }));
  writeBatch(out, { series, samples, exemplars: [], metadata: new Map() });
  return out.copy();
}

function readBack(samples: SampleBatch): SampleBatch {
  const input = new ByteReader(encoded(samples));
  const type = input.u8();
  if (!isBatch(type)) throw new Error(`expected a batch, found record type ${type}`);
  const read = new SampleBatch();
  readBatch(input, type, read);
  expect(input.remaining).toBe(0);
  return read;
}
