import { EventTaker } from '@binnacle/event-bus/testing';
import { waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { FakeTarget } from '../testing/fakeTarget.ts';
import { TestServer } from '../testing/server.ts';

it('tells of targets that go down and up, and of alerts that fire and end', async () => {
  await using taker = await EventTaker.start();
  await using target = await FakeTarget.start('load 1\n');
  const config = `
global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 100ms}
rule_files: [rules.yml]
scrape_configs: [{job_name: orders, static_configs: [{targets: ["${target.address}"], labels: {service: orders}}]}]`;
  const rules =
    'groups: [{name: g, rules: [{alert: Down, expr: up == 0, annotations: {summary: "{{ $labels.job }}"}}]}]';
  const flags = [`--events.url=${taker.url}`];
  await using server = await TestServer.start(config, { flags, files: { 'rules.yml': rules } });
  await waitFor(() => target.requests > 1);
  expect(taker.types()).toEqual([]);

  target.answer = (_request, response) => void response.writeHead(500).end();
  await waitFor(() => taker.types().includes('alert.firing'));
  expect(taker.events.find(({ type }) => type === 'target.down')!.data).toMatchObject({
    service: 'orders',
    pillar: 'metrics',
    instance: target.address,
  });
  expect(taker.events.find(({ type }) => type === 'alert.firing')!.data).toMatchObject({
    alertname: 'Down',
    service: 'orders',
    annotations: { summary: 'orders' },
    value: 0,
  });

  target.answer = undefined;
  await waitFor(() => taker.types().includes('alert.resolved'));
  expect(taker.types().sort()).toEqual(['alert.firing', 'alert.resolved', 'target.down', 'target.up']);
  expect(await (await server.fetch('/metrics')).text()).toMatch(/\nbinnacle_events_dropped 0\n/);
});
