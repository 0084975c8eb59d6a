import { tempDir, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { deploy, listen, post, startStreams } from '../testing/startStreams.ts';

it('takes CloudEvents in every mode and tells accepted, duplicate and rejected apart', async () => {
  await using running = await startStreams();
  const first = deploy('tracks', '2026-01-01T10:00:00Z');
  const bad = { ...first, id: 'bad', data: { service: 'tracks' } };
  expect(await post(running, [first, first, bad, { id: 'x' }])).toMatchObject({
    statusCode: 200,
    body: {
      accepted: 1,
      duplicates: 1,
      lastOffset: 0,
      rejected: [
        { index: 2, code: 'EVENT_BAD_DATA' },
        { index: 3, code: 'EVENT_BAD_ENVELOPE' },
      ],
    },
  });
  expect(await post(running, [bad])).toMatchObject({
    statusCode: 400,
    body: { error: { code: 'STREAM_NOTHING_ACCEPTED' } },
  });

  const send = async (headers: Record<string, string>, payload: string): Promise<unknown> =>
    (await running.app.inject({ method: 'POST', url: '/api/v1/events', headers, payload })).json();
  const structured = { 'content-type': 'application/cloudevents+json' };
  expect(await send(structured, JSON.stringify(deploy('a', '2026-01-01T11:00:00Z')))).toMatchObject({
    accepted: 1,
  });
  const binary = {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': '1',
    'ce-source': '/team',
    'ce-type': 'team.own',
  };
  expect(await send(binary, '{"n":1}')).toMatchObject({ accepted: 1 });
  const lines = [deploy('b', '2026-01-01T12:00:00Z'), deploy('c', '2026-01-01T12:00:00Z')];
  const ndjson = lines.map((event) => JSON.stringify(event)).join('\n');
  expect(await send({ 'content-type': 'application/x-ndjson' }, ndjson)).toMatchObject({
    accepted: 2,
    lastOffset: 4,
  });
  expect(await send({ 'content-type': 'text/plain' }, 'hello')).toMatchObject({
    error: { code: 'STREAM_BAD_REQUEST' },
  });

  const one = (await running.app.inject('/api/v1/events/2')).json();
  expect(one).toMatchObject({ offset: 2, event: { type: 'team.own', data: { n: 1 } } });
  expect((await running.app.inject('/api/v1/events/99')).json()).toMatchObject({
    error: { code: 'STREAM_NOT_FOUND' },
  });
});

it('seeks by time, filters and counts over HTTP', async () => {
  await using running = await startStreams();
  await post(
    running,
    ['10:00', '10:20', '10:40', '11:00'].map((at) => deploy('tracks', `2026-01-01T${at}:00Z`)),
  );
  await post(running, [deploy('search', '2026-01-01T10:45:00Z')]);
  const get = async (path: string): Promise<unknown> => (await running.app.inject(path)).json();

  const from = '/api/v1/events?stream=deploy.finished&from=2026-01-01T10:30:00Z';
  expect(await get(`${from}&order=asc&limit=1`)).toMatchObject({ events: [{ offset: 2 }], nextAfter: 2 });
  expect(await get(`${from}&q=service%3Dsearch`)).toMatchObject({ events: [{ offset: 4 }], partial: false });
  expect(await get('/api/v1/events?service=search')).toMatchObject({ events: [{ offset: 4 }] });
  expect(
    await get(
      '/api/v1/events/histogram?stream=deploy.finished&from=2026-01-01T10:00:00Z&to=2026-01-01T11:00:00Z&buckets=2',
    ),
  ).toMatchObject({ from: '2026-01-01T10:00:00.000Z', stepSeconds: 1800, counts: [2, 2] });
  expect(await get('/api/v1/streams')).toMatchObject({
    streams: [{ name: 'deploy.finished', count: 5, firstAt: '2026-01-01T10:00:00.000Z', lastOffset: 4 }],
  });
  expect(await get('/api/v1/events?from=yesterday')).toMatchObject({ error: { code: 'STREAM_BAD_REQUEST' } });
  expect(await get('/api/v1/openapi.json')).toMatchObject({ paths: { '/api/v1/events': {} } });
});

it('sends live what was missed, then what comes, and resumes by Last-Event-ID', async () => {
  await using running = await startStreams();
  await post(running, [deploy('a', '2026-01-01T10:00:00Z'), deploy('b', '2026-01-01T10:00:00Z')]);
  {
    await using live = await listen(`${running.url}/api/v1/events/live?stream=deploy.finished&after=0`);
    await waitFor(() => live.text().includes('id: 1\nevent: event\n'));
    expect(live.text()).not.toContain('id: 0\nevent');
    await post(running, [deploy('c', '2026-01-01T10:00:00Z')]);
    await waitFor(() => live.text().includes('id: 2\nevent: event\ndata: {"offset":2'));
  }
  await using resumed = await listen(`${running.url}/api/v1/events/live`, { 'last-event-id': '1' });
  await waitFor(() => resumed.text().includes('id: 2\nevent: event'));
  expect(resumed.text()).not.toContain('id: 1\nevent');
});

it('lets a reader wait for the next event', async () => {
  await using running = await startStreams();
  const waiting = running.app.inject('/api/v1/events?after=0&wait=10000');
  await post(running, [deploy('a', '2026-01-01T10:00:00Z'), deploy('b', '2026-01-01T10:00:00Z')]);
  expect((await waiting).json()).toMatchObject({ events: [{ offset: 1 }] });
});

it('keeps positions of consumer groups over a restart', async () => {
  using folder = tempDir('streams');
  {
    await using running = await startStreams({ folder: folder.path });
    await post(running, [deploy('a', '2026-01-01T10:00:00Z'), deploy('b', '2026-01-01T10:00:00Z')]);
    const put = { method: 'PUT', url: '/api/v1/groups/mail', payload: { offset: 0 } } as const;
    expect((await running.app.inject(put)).json()).toMatchObject({ group: 'mail', offset: 0, lag: 1 });
    const ahead = { ...put, payload: { offset: 1, partitions: [3] } };
    expect((await running.app.inject(ahead)).json()).toMatchObject({ offset: 0, lag: 1 });
    expect(
      (await running.app.inject({ ...put, payload: { offset: 1, partitions: [3, 3] } })).statusCode,
    ).toBe(400);
    const beyond = { ...put, payload: { offset: 5 } };
    expect((await running.app.inject(beyond)).statusCode).toBe(400);
    expect((await running.app.inject('/api/v1/groups/none')).statusCode).toBe(404);
  }
  await using running = await startStreams({ folder: folder.path });
  expect((await running.app.inject('/api/v1/groups/mail')).json()).toEqual({
    group: 'mail',
    offset: 0,
    lag: 1,
    partitions: [0, 0, 0, 1, ...Array.from({ length: 12 }, () => 0)],
    consumers: [],
  });
});

it('refuses what would wait too long for the disk with 429 and Retry-After, and takes it later', async () => {
  await using running = await startStreams({ argv: ['--log.max-queue-size=1B'] });
  const send = (id: string) =>
    running.app.inject({
      method: 'POST',
      url: '/api/v1/events',
      headers: { 'content-type': 'application/cloudevents+json' },
      payload: JSON.stringify(deploy('tracks', '2026-01-01T10:00:00Z', id)),
    });
  const answers = await Promise.all(['a', 'b', 'c', 'd'].map(send));
  const refused = answers.filter(({ statusCode }) => statusCode === 429);
  expect(answers.filter(({ statusCode }) => statusCode === 200).length + refused.length).toBe(4);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]!.headers['retry-after']).toBe('1');
  expect(refused[0]!.json()).toMatchObject({ error: { code: 'STREAM_OVERLOADED' } });
  expect((await send('b')).statusCode).toBe(200);
});

it('goes on at the end of the log when a client comes with an offset of another log', async () => {
  await using running = await startStreams();
  await using live = await listen(`${running.url}/api/v1/events/live`, { 'last-event-id': '900' });
  await post(running, [deploy('tracks', '2026-01-01T10:00:00Z')]);
  await waitFor(() => live.text().includes('id: 0\nevent: event'));
});
