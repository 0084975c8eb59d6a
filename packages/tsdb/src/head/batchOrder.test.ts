import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { orderByTime } from './batchOrder.ts';
import { SampleBatch } from './sampleBatch.ts';

it('orders a batch by time, the samples of each series as they were, or leaves it alone', () => {
  const runs = fc.array(
    fc.record({
      ref: fc.nat(5),
      times: fc.array(fc.nat(30), { maxLength: 20 }).map((times) => times.sort((a, b) => a - b)),
    }),
    { maxLength: 8 },
  );
  let ordered = 0;
  fc.assert(
    fc.property(runs, (all) => {
      const batch = new SampleBatch();
      for (const { ref, times } of all) for (const time of times) batch.add(ref, time, 1);
      const order = orderByTime(batch);
      if (order === undefined) return;
      ordered++;
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: batch.length }, (_, i) => i));
      const newest = new Map<number, number>();
      for (let n = 0; n < order.length; n++) {
        const i = order[n]!;
        if (n > 0) expect(batch.times[i]).toBeGreaterThanOrEqual(batch.times[order[n - 1]!]!);
        expect(newest.get(batch.refs[i]!) ?? -1).toBeLessThan(i);
        newest.set(batch.refs[i]!, i);
      }
    }),
    { numRuns: 500 },
  );
  expect(ordered).toBeGreaterThan(50);
});

it.each([
  { name: 'in order of time already', samples: [1, 10, 2, 10, 1, 20, 2, 20] },
  { name: 'of one series that goes back', samples: [1, 10, 1, 20, 1, 15] },
  { name: 'where a series goes back', samples: [1, 10, 1, 20, 2, 10, 2, 20, 1, 15, 1, 16] },
])('leaves a batch alone that is $name', ({ samples }) => {
  const batch = new SampleBatch();
  for (let i = 0; i < samples.length; i += 2) batch.add(samples[i]!, samples[i + 1]!, 0);
  expect(orderByTime(batch)).toBeUndefined();
});
