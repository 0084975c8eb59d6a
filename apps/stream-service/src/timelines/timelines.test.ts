import { newEvent, type CloudEvent } from '@binnacle/event-schemas';
import type { RunningService } from '@binnacle/service-kit';
import { tempDir, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { deploy, listen, post, startStreams } from '../testing/startStreams.ts';
import type { TimelinePage } from './timelineReader.ts';

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 10, minute)).toISOString();

function act(actor: string, verb: string, object: string, minute: number, undone = false): CloudEvent {
  return newEvent({
    id: `${actor} ${verb} ${object} ${minute} ${undone}`,
    source: '/app',
    type: 'activity',
    time: new Date(at(minute)),
    data: { actor, verb, object, ...(undone ? { undone } : {}) },
  });
}

async function get<T = TimelinePage>(running: RunningService, path: string): Promise<T> {
  return (await running.app.inject(path)).json<T>();
}

/** Waits until the index holds `count` entries under a key. */
async function indexed(running: RunningService, key: string, count: number): Promise<void> {
  await waitFor(
    async () => (await get(running, `/api/v1/timelines?key=${key}&limit=1000`)).items.length === count,
  );
}

it('indexes platform events under service and kind, and keeps that over a restart', async () => {
  using folder = tempDir('streams');
  {
    await using running = await startStreams({ folder: folder.path });
    await post(running, [deploy('tracks', at(1)), deploy('search', at(2)), deploy('tracks', at(3))]);
    await indexed(running, 'service:tracks', 2);
  }
  await using running = await startStreams({ folder: folder.path });
  expect(await get(running, '/api/v1/timelines?key=service:tracks')).toMatchObject({
    items: [
      { key: 'service:tracks', at: at(3), event: { offset: 2, event: { data: { service: 'tracks' } } } },
      { at: at(1), event: { offset: 0 } },
    ],
    next: null,
    partial: false,
    missingKeys: [],
  });
  expect((await get(running, '/api/v1/timelines?key=kind:deploy.finished')).items).toHaveLength(3);
});

it('pages merged timelines by signed cursors in both directions and orders', async () => {
  await using running = await startStreams();
  const events = Array.from({ length: 30 }, (_, i) => deploy(i % 2 === 0 ? 'a' : 'b', at(i), `d${i}`));
  await post(running, events);
  await indexed(running, 'kind:deploy.finished', 30);
  for (const order of ['desc', 'asc']) {
    const query = `/api/v1/timelines?key=service:a&key=service:b&limit=7&order=${order}`;
    const pages: TimelinePage[] = [];
    let page = await get(running, query);
    for (;;) {
      pages.push(page);
      if (page.next === null || page.items.length < 7) break;
      page = await get(running, `${query}&cursor=${page.next}`);
    }
    const seen = pages.flatMap(({ items }) => items.map(({ event }) => event!.offset));
    const wanted = Array.from({ length: 30 }, (_, i) => i);
    expect(seen).toEqual(order === 'asc' ? wanted : wanted.toReversed());
    const back = await get(running, `${query}&cursor=${pages[2]!.prev}`);
    expect(back.items).toEqual(pages[1]!.items);
    const forth = await get(running, `${query}&cursor=${back.next}`);
    expect(forth.items).toEqual(pages[2]!.items);
    const other = `/api/v1/timelines?key=service:a&limit=7&order=${order}&cursor=${pages[0]!.next}`;
    expect(await get(running, other)).toMatchObject({ error: { code: 'STREAM_BAD_CURSOR' } });
    const forged = `${query}&cursor=${pages[0]!.next!.slice(0, -2)}AA`;
    expect(await get(running, forged)).toMatchObject({ error: { code: 'STREAM_BAD_CURSOR' } });
  }
});

it('merges what someone follows when read; unfollow, undo and mute hold at once', async () => {
  await using running = await startStreams();
  const follow = (method: 'PUT' | 'DELETE', source: string) =>
    running.app.inject({ method, url: `/api/v1/follows/me/${encodeURIComponent(source)}` });
  await follow('PUT', 'actor:ann');
  await follow('PUT', 'actor:bob');
  await follow('PUT', 'service:tracks');
  await post(running, [
    act('ann', 'repost', 'track:1', 1),
    act('bob', 'like', 'track:1', 2),
    act('cat', 'like', 'track:1', 3),
    deploy('tracks', at(4)),
  ]);
  await indexed(running, 'kind:activity', 3);
  const shown = async (query = ''): Promise<unknown[]> =>
    (await get(running, `/api/v1/feeds/me${query}`)).items.map(({ key, activity }) => activity?.verb ?? key);
  expect(await shown()).toEqual(['service:tracks', 'like', 'repost']);
  expect(await shown('?verb=like')).toEqual(['like']);
  expect(await shown('?mute=ann')).toEqual(['service:tracks', 'like']);
  expect(await shown(`?asOf=${at(2)}`)).toEqual(['like', 'repost']);

  await post(running, [act('bob', 'like', 'track:1', 5, true)]);
  await indexed(running, 'actor:bob', 0);
  expect(await shown()).toEqual(['service:tracks', 'repost']);
  await follow('DELETE', 'actor:ann');
  expect(await shown()).toEqual(['service:tracks']);
  expect(await get(running, '/api/v1/follows/me')).toMatchObject({
    follows: [{ source: 'service:tracks' }, { source: 'actor:bob' }],
  });
});

it('groups activities when read', async () => {
  await using running = await startStreams();
  await post(
    running,
    ['ann', 'bob', 'cat', 'dan'].map((actor, i) => act(actor, 'repost', 'track:1', i)),
  );
  await indexed(running, 'kind:activity', 4);
  expect(await get(running, '/api/v1/timelines/aggregate?key=kind:activity&window=86400000')).toMatchObject({
    groups: [
      {
        verb: 'repost',
        object: 'track:1',
        count: 4,
        actors: 4,
        sample: ['dan', 'cat', 'bob'],
        summary: 'dan and 3 others repost track:1',
        oldestAt: at(0),
      },
    ],
  });
});

it('explains why a member is shown, deleted, evicted or unknown', async () => {
  await using running = await startStreams({ argv: ['--max.size=3'] });
  await post(running, [act('ann', 'like', 'old', 1), act('ann', 'like', 'a', 3), act('ann', 'like', 'b', 4)]);
  await post(running, [act('ann', 'like', 'b', 5, true), act('ann', 'like', 'c', 6)]);
  await indexed(running, 'actor:ann', 2);
  const explain = (object: string, score = ''): Promise<unknown> => {
    const member = encodeURIComponent(Buffer.from(`like\0${object}`).toString('base64'));
    return get(running, `/api/v1/timelines/explain?key=actor:ann&member=${member}${score}`);
  };
  expect(await explain('c')).toMatchObject({ status: 'shown', rank: 0, score: Date.parse(at(6)) });
  expect(await explain('b')).toMatchObject({ status: 'deleted', score: Date.parse(at(5)) });
  expect(await explain('old', `&score=${Date.parse(at(1))}`)).toMatchObject({
    status: 'evicted',
    capacity: 3,
  });
  expect(await explain('never')).toMatchObject({ status: 'unknown' });
});

it('sends entries of a timeline live, with what was missed', async () => {
  await using running = await startStreams();
  await post(running, [deploy('tracks', at(1)), deploy('search', at(2))]);
  await using live = await listen(`${running.url}/api/v1/timelines/live?key=service:tracks&after=-1`);
  await waitFor(() => live.text().includes('id: 0\nevent: item\ndata: {"key":"service:tracks"'));
  await post(running, [deploy('search', at(3)), deploy('tracks', at(4))]);
  await waitFor(() => live.text().includes('id: 3\nevent: item'));
  expect(live.text()).not.toContain('service:search');
});

it('rebuilds the timelines from the log beside those that hold, keeps what came another way, then switches', async () => {
  using folder = tempDir('streams');
  {
    await using running = await startStreams({ folder: folder.path });
    await post(running, [deploy('tracks', at(1)), act('ann', 'like', 'a', 2)]);
    await running.app.inject({ method: 'PUT', url: '/api/v1/follows/me/actor%3Aann' });
    await indexed(running, 'actor:ann', 1);
    const strays = ['actor:ann', 'own'].map((key) => ({
      key: Buffer.from(key).toString('base64'),
      score: 1,
      member: Buffer.from('a stray').toString('base64'),
    }));
    await running.app.inject({ method: 'POST', url: '/', payload: JSON.stringify(strays) });
    expect((await running.app.inject({ method: 'POST', url: '/api/v1/timelines/rebuild' })).statusCode).toBe(
      202,
    );
    await post(running, [act('ann', 'like', 'b', 3)]);
    const status = () => get<{ state: string; generation: number }>(running, '/api/v1/timelines/rebuild');
    await waitFor(async () => (await status()).state === 'done');
    expect(await status()).toMatchObject({ generation: 2 });
    await waitFor(async () => (await get(running, '/api/v1/timelines?key=kind:activity')).items.length === 2);
  }
  await using running = await startStreams({ folder: folder.path });
  const members = async (key: string): Promise<string[]> =>
    (await get(running, `/api/v1/timelines?key=${key}`)).items.map(({ member }) =>
      Buffer.from(member, 'base64').toString().replaceAll('\0', ' '),
    );
  expect(await members('actor:ann')).toEqual(['like b', 'like a']);
  expect(await members('own')).toEqual(['a stray']);
  expect((await get(running, '/api/v1/feeds/me')).items).toHaveLength(2);
  expect(await members('service:tracks')).toHaveLength(1);
});

it('ranks a page by a named version, and pages by time all the same', async () => {
  await using running = await startStreams();
  const order = ['ann', 'ann', 'ann', 'bob', 'bob'];
  await post(
    running,
    order.map((actor, i) => act(actor, 'like', `t${i}`, i)),
  );
  await indexed(running, 'kind:activity', 5);
  const actors = async (query: string): Promise<(string | undefined)[]> =>
    (await get(running, `/api/v1/timelines?key=actor:ann&key=actor:bob${query}`)).items.map(
      ({ activity }) => activity?.actor,
    );
  expect(await actors('')).toEqual(['bob', 'bob', 'ann', 'ann', 'ann']);
  expect(await actors('&rank=varied@1')).toEqual(['bob', 'ann', 'bob', 'ann', 'ann']);
  expect((await running.app.inject('/api/v1/timelines?key=a&rank=varied@2')).statusCode).toBe(400);
});
