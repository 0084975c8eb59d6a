import { expect, it } from 'vitest';
import { featuresOf } from './features.ts';

it('reads names as Prometheus does, several to a flag', () => {
  const features = featuresOf(['promql-duration-expr,exemplar-storage', 'extra-scrape-metrics']);
  expect(features.engine.durationExpressions).toBe(true);
  expect([features.exemplarStorage, features.extraScrapeMetrics, features.nativeHistograms]).toEqual([
    true,
    true,
    false,
  ]);
  expect(features.withoutEffect).toEqual([]);
});

it('starts with what an existing Prometheus is started with, and says what changes nothing', () => {
  expect(featuresOf(['memory-snapshot-on-shutdown']).withoutEffect).toEqual([
    '--enable-feature=memory-snapshot-on-shutdown changes nothing here: the log of the store is replayed instead',
  ]);
});

it('stores start timestamps where they are made up', () => {
  const of = (name: string) => {
    const { storesStarts, synthesizesStarts, createdZeros } = featuresOf([name]);
    return [storesStarts, synthesizesStarts, createdZeros];
  };
  expect(of('st-storage')).toEqual([true, false, false]);
  expect(of('st-synthesis')).toEqual([true, true, false]);
  expect(of('created-timestamp-zero-ingestion')).toEqual([false, false, true]);
  expect(featuresOf(['st-storage,xor2-encoding,histograms-st-encoding']).withoutEffect).toHaveLength(2);
});

it('refuses a name that it does not have, and lists those it has', () => {
  expect(() => featuresOf(['type-and-unit-labels'])).toThrow(
    /expected one of promql-experimental-functions.*found "type-and-unit-labels"/,
  );
});
