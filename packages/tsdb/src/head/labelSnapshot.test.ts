import { Labels, Matcher } from '@binnacle/model';
import { expect, it } from 'vitest';
import { Head } from './head.ts';
import { HeadMemory } from './headMemory.ts';
import { LabelSnapshot } from './labelSnapshot.ts';
import { SampleBatch } from './sampleBatch.ts';

const SERIES = 600;
const MATCHERS = [new Matcher('=', 'job', 'churn')];
const RANGE = { minMs: 0, maxMs: 1e6 };

it('reads labels in short turns, and notices when some were freed in between', () => {
  const head = newHead();
  fill(head, 'old', 1000);
  const handle = head.shareHandle();
  const memory = new HeadMemory(handle.maxSeries, handle.buffers);
  const sound = new LabelSnapshot(memory, head.index.allSeries());
  let turns = 0;
  const counting = (turn: () => boolean): boolean => {
    turns++;
    return turn();
  };
  expect(sound.resolve(counting)).toBe(true);
  expect(turns).toBeGreaterThan(1);
  const order = sound.order();
  expect(Array.from(order, (place) => sound.labels(place).get('pod'))).toEqual(podsOf('old'));

  const late = new LabelSnapshot(memory, head.index.allSeries());
  turns = 0;
  const isSound = late.resolve((turn) => {
    // Between two turns every series is replaced, so that the ids mean others.
    if (turns++ === 1) replaceAll(head);
    return turn();
  });
  expect(isSound).toBe(false);
  expect(turns).toBe(2);
});

it('keeps the labels of a selection whose series are freed while it is read, and tells of one that was not begun', () => {
  const head = newHead();
  fill(head, 'old', 1000);
  const selection = head.select(MATCHERS, RANGE);
  const untouched = head.select(MATCHERS, RANGE);
  expect(selection.labels(0).get('pod')).toBe('old-0000');
  replaceAll(head);
  expect(() => untouched.labels(0)).toThrow(expect.objectContaining({ code: 'TSDB_SELECTION_EXPIRED' }));
  expect(Array.from({ length: SERIES }, (_, i) => selection.labels(i).get('pod'))).toEqual(podsOf('old'));
});

function replaceAll(head: Head): void {
  head.truncate(10_000);
  fill(head, 'new', 11_000);
}

function newHead(): Head {
  return new Head({ maxSeries: 1 << 12, rangeMs: 10_000, outOfOrderWindowMs: 0 });
}

function fill(head: Head, generation: string, timeMs: number): void {
  const batch = new SampleBatch();
  for (const pod of podsOf(generation))
    batch.add(head.create(Labels.from({ __name__: 'm', job: 'churn', pod })), timeMs, 1);
  expect(head.apply(batch, new Uint8Array(SERIES))).toBe(SERIES);
}

function podsOf(generation: string): string[] {
  return Array.from({ length: SERIES }, (_, i) => `${generation}-${String(i).padStart(4, '0')}`);
}
