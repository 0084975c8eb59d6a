import { decodeWriteV1, decompress, WriteBatch } from '@binnacle/remote-protocol';
import { describe, expect, test } from 'vitest';
import { Fleet } from './fleet.ts';
import { PROFILES, queryTime, quickProfile, SAMPLE_LAG_MS, type Profile } from './profiles.ts';
import { writeFeed } from './writeFeed.ts';

const SMALL: Profile = { name: 'small', series: 200, steps: 20, samplesPerRequest: 10 };
const END_MS = queryTime(1_790_000_123_456);

describe('the generated data', () => {
  test('is the same in every run', () => {
    const [a, b] = [new Fleet(300), new Fleet(300)];
    for (let step = 0; step < 50; step++) {
      a.advance();
      b.advance();
    }
    expect(a.values).toEqual(b.values);
    expect(new Fleet(300, 7).values).not.toEqual(new Fleet(300).values);
  });

  test('has 100 different series a host', () => {
    const { labels } = new Fleet(1000);
    expect(new Set(labels.map(String)).size).toBe(1000);
    expect(labels.filter((one) => one.get('instance') === 'host-7:9100')).toHaveLength(100);
    expect(() => new Fleet(150)).toThrow('expected whole hosts of 100 series, found 150 series');
  });

  test('has counters that never fall and buckets that hold those below them', () => {
    const fleet = new Fleet(200);
    const counters = fleet.labels.flatMap((one, i) =>
      /_total$|_bucket$/.test(one.get('__name__')) ? [i] : [],
    );
    const before = fleet.values.slice();
    for (let step = 0; step < 100; step++) fleet.advance();
    expect(counters.filter((i) => fleet.values[i]! < before[i]!)).toEqual([]);
    const smallest = fleet.labels.findIndex((one) => one.get('le') === '0.005');
    const buckets = fleet.values.subarray(smallest, smallest + 12);
    expect([...buckets]).toEqual([...buckets].sort((a, b) => a - b));
  });
});

describe('the write requests', () => {
  test('carry every sample once, in time order, up to just before the end', () => {
    const batch = new WriteBatch();
    let samples = 0;
    let newest = 0;
    for (const request of writeFeed(SMALL, END_MS)) {
      decodeWriteV1(decompress(request.body, 1 << 24), batch);
      samples += request.samples;
      newest = Math.max(newest, ...batch.timestamps.subarray(0, batch.sampleCount));
    }
    expect(samples).toBe(SMALL.series * SMALL.steps);
    expect(newest).toBe(END_MS - SAMPLE_LAG_MS);
  });

  test('are the same bytes for every server', () => {
    const bytes = (): string[] =>
      [...writeFeed(SMALL, END_MS)].map(({ body }) => Buffer.from(body).toString('hex'));
    expect(bytes()).toEqual(bytes());
  });
});

test('requests are about a quarter past a minute, after the last sample', () => {
  expect(END_MS % 60_000).toBe(15_000);
  expect(END_MS).toBeLessThanOrEqual(1_790_000_123_456);
});

test('a quick profile keeps whole hosts and whole requests, and the host that the mix asks for', () => {
  for (const profile of PROFILES.map(quickProfile)) {
    expect(profile.series % 100).toBe(0);
    expect(profile.steps % profile.samplesPerRequest).toBe(0);
    expect(profile.series).toBeGreaterThanOrEqual(800);
  }
});
