import { MemoryStore } from '@binnacle/timeline';
import { expect, it } from 'vitest';
import { forgetOlder } from './timelineRetention.ts';

it('forgets what is older in the timelines that events make, for good, and leaves other keys alone', async () => {
  const store = new MemoryStore({ capacity: 10 });
  const insert = (key: string, score: number) =>
    ({ kind: 'insert', key, score, member: `m${score}` }) as const;
  const keys = ['kind:deploy.finished', 'service:tracks', 'actor:ann', 'follows:me', 'own'];
  await store.write(keys.flatMap((key) => [insert(key, 1), insert(key, 5), insert(key, 9)]));
  await store.write([insert('kind:new', 9)]);
  const { signal } = new AbortController();
  expect(await forgetOlder(store, 5, signal)).toBe(3);
  const scores = async (): Promise<Record<string, number[]>> =>
    Object.fromEntries(
      (await store.read([...keys, 'kind:new'], { limit: 10 })).map((result) => [
        result.key,
        'error' in result ? [] : result.entries.map(({ score }) => score),
      ]),
    );
  const expected = {
    'kind:deploy.finished': [9, 5],
    'service:tracks': [9, 5],
    'actor:ann': [9, 5],
    'follows:me': [9, 5, 1],
    own: [9, 5, 1],
    'kind:new': [9],
  };
  expect(await scores()).toEqual(expected);
  expect((await store.write([insert('actor:ann', 1)])).statuses).toEqual(['refused']);
  expect(await forgetOlder(store, 5, signal)).toBe(0);
  expect(await scores()).toEqual(expected);
});
