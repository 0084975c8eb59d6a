import { newEvent, type CloudEvent } from '@binnacle/event-schemas';
import { tempDir, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { deploy, post, startStreams } from '../testing/startStreams.ts';

const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 10, minute));
const deployAt = (service: string, minute: number): CloudEvent => deploy(service, at(minute).toISOString());
const repost = (id: string, minute: number): CloudEvent =>
  newEvent({
    id,
    source: '/app',
    type: 'activity',
    time: at(minute),
    data: { actor: 'ann', verb: 'repost', object: 'track:1' },
  });

it('tells what became of every event of a request: accepted, duplicate, no-op, evicted, rejected', async () => {
  await using running = await startStreams({ argv: ['--max.size=2'] });
  const first = await post(running, [deployAt('a', 10), deployAt('a', 11), deployAt('b', 12)]);
  expect(first.body).toEqual({
    accepted: 3,
    duplicates: 0,
    noop: 0,
    evicted: 0,
    rejected: [],
    pending: 0,
    lastOffset: 2,
    events: [0, 1, 2].map((offset) => ({ outcome: 'accepted', offset, timelines: 2 })),
  });
  const second = await post(running, [
    deployAt('a', 11),
    deployAt('a', 1),
    deployAt('c', 2),
    { ...deployAt('d', 3), data: {} },
    repost('r1', 20),
    repost('r0', 15),
    newEvent({ id: 'own', source: '/team', type: 'team.own', data: {} }),
  ]);
  expect(second.body).toMatchObject({
    accepted: 4,
    duplicates: 1,
    noop: 0,
    evicted: 1,
    pending: 0,
    lastOffset: 7,
  });
  const kind = 'kind:deploy.finished';
  expect(second.body['events']).toEqual([
    { outcome: 'duplicate', offset: 1 },
    {
      outcome: 'evicted',
      offset: 3,
      timelines: 2,
      unchanged: { [kind]: 'evicted', 'service:a': 'evicted' },
    },
    { outcome: 'accepted', offset: 4, timelines: 2, unchanged: { [kind]: 'evicted' } },
    { outcome: 'rejected' },
    { outcome: 'accepted', offset: 5, timelines: 2 },
    { outcome: 'accepted', offset: 6, timelines: 2, unchanged: { 'actor:ann': 'no-op' } },
    { outcome: 'accepted', offset: 7, timelines: 0 },
  ]);
  expect(second.body['rejected']).toMatchObject([{ index: 3, code: 'EVENT_BAD_DATA' }]);
  const figures = (await running.app.inject('/metrics')).body;
  expect(figures).toMatch(/stream_timeline_writes_total\{.*outcome="noop".*\} 1\n/);
  expect(figures).toMatch(/stream_timeline_writes_total\{.*outcome="evicted".*\} 3\n/);
});

it('calls an event a no-op that the log has forgotten and the timelines still show', async () => {
  using folder = tempDir('streams');
  const event = deployAt('a', 10);
  {
    await using running = await startStreams({ folder: folder.path });
    await post(running, [event, deployAt('b', 11)]);
  }
  await using running = await startStreams({ folder: folder.path, argv: ['--log.retention.events=1'] });
  await waitFor(async () => (await running.app.inject('/api/v1/events/0')).statusCode === 404);
  const unchanged = { 'kind:deploy.finished': 'no-op', 'service:a': 'no-op' };
  expect((await post(running, [event])).body).toMatchObject({
    accepted: 0,
    noop: 1,
    events: [{ outcome: 'no-op', offset: 2, timelines: 2, unchanged }],
  });
});

it('does not wait for the timelines when asked not to', async () => {
  await using running = await startStreams();
  const answer = await running.app.inject({
    method: 'POST',
    url: '/api/v1/events?wait=0',
    headers: { 'content-type': 'application/cloudevents+json' },
    payload: JSON.stringify(deployAt('a', 10)),
  });
  expect(answer.json()).toMatchObject({
    accepted: 1,
    pending: 1,
    events: [{ outcome: 'accepted', offset: 0 }],
  });
});

it('rejects a line that is no JSON by itself, and lists the reasons when nothing was accepted', async () => {
  await using running = await startStreams();
  const send = (payload: string) =>
    running.app.inject({
      method: 'POST',
      url: '/api/v1/events',
      headers: { 'content-type': 'application/x-ndjson' },
      payload,
    });
  const good = JSON.stringify(deployAt('a', 10));
  expect((await send(`${good}\n{"half\n`)).json()).toMatchObject({
    accepted: 1,
    rejected: [
      { index: 1, code: 'EVENT_BAD_MESSAGE', message: expect.stringMatching(/^line 2: expected JSON/) },
    ],
    events: [{ outcome: 'accepted' }, { outcome: 'rejected' }],
  });
  const nothing = await send('{"half\n{}');
  expect(nothing.statusCode).toBe(400);
  expect(nothing.json()).toMatchObject({
    error: { code: 'STREAM_NOTHING_ACCEPTED' },
    rejected: [{ code: 'EVENT_BAD_MESSAGE' }, { code: 'EVENT_BAD_ENVELOPE' }],
  });
});
