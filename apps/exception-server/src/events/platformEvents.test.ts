import { EventTaker } from '@binnacle/event-bus/testing';
import { waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { FakeTarget } from '../testing/fakeTarget.ts';
import { TestServer } from '../testing/server.ts';

const configOf = (target: FakeTarget): string =>
  `services: [{name: orders, static_configs: [{targets: ["${target.address}"]}], scraper: {endpoint: /x, refresh_interval: 50ms}}]`;

it('tells of exceptions and targets, in order, also what happened while the other side was away', async () => {
  await using taker = await EventTaker.start();
  await using target = await FakeTarget.start();
  await using server = await TestServer.start(configOf(target), { flags: [`--events.url=${taker.url}`] });
  target.version = '1.2.0';
  target.report('Boom@1', 3);
  await waitFor(() => taker.types().includes('exception.first_seen'));
  expect(taker.events[0]).toMatchObject({
    partitionkey: 'orders',
    data: { service: 'orders', key: 'Boom@1', version: '1.2.0', totalCount: 3 },
  });

  taker.isAway = true;
  const [{ id } = { id: '' }] = await server.list();
  await server.post('/api/v1/exceptions/actions', { ids: [id], action: 'resolve' });
  target.report('Boom@1');
  await waitFor(async () => (await server.list())[0]!.status === 'regressed');
  taker.isAway = false;
  await waitFor(() => taker.types().includes('exception.regressed'));
  expect(taker.types()).toEqual(['exception.first_seen', 'exception.resolved', 'exception.regressed']);

  target.answer = (_request, response) => void response.writeHead(500).end();
  await waitFor(() => taker.types().includes('target.down'));
  target.answer = undefined;
  await waitFor(() => taker.types().at(-1) === 'target.up');
  expect(taker.events.at(-1)!.data).toMatchObject({ service: 'orders', pillar: 'exceptions' });
  expect(await server.metric('exception_server_events_dropped_total')).toMatch(/ 0$/);
});
