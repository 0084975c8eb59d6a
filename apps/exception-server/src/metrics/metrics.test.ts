import { execFileSync } from 'node:child_process';
import { describeWith } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { FakeTarget } from '../testing/fakeTarget.ts';
import { PushedServer } from '../testing/pusher.ts';
import { TestServer } from '../testing/server.ts';

async function samples(url: string, name: string): Promise<string[]> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

describe('metrics', () => {
  it('count exceptions by service, key, class, severity and version', async () => {
    await using fleet = await PushedServer.start(':memory:');
    await fleet.report('TypeError@1', { times: 3, version: '1' });
    await fleet.report('TypeError@1', { times: 2, version: '2' });
    expect(await samples(fleet.server.url, 'exceptions_total')).toEqual([
      'exceptions_total{service="shop",aggregation_key="TypeError@1",class="TypeError",severity="error",version="1"} 3',
      'exceptions_total{service="shop",aggregation_key="TypeError@1",class="TypeError",severity="error",version="2"} 2',
    ]);
  });

  it('bound their series, and lose no count (traps T5, T17)', async () => {
    await using fleet = await PushedServer.start(':memory:', 'limits: {metric_series: 2}');
    for (let i = 0; i < 5; i++) await fleet.report(`E@${i}`, { times: 2 });
    await fleet.report('E@9', { service: 'search' });
    await fleet.report('E@0');
    const lines = await samples(fleet.server.url, 'exceptions_total');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/aggregation_key="E@0".* 3$/);
    expect(lines).toContain(
      'exceptions_total{service="shop",aggregation_key="__overflow__",class="__overflow__",severity="__overflow__",version="__overflow__"} 6',
    );
  });

  it('go on from the stored totals after a restart', async () => {
    await using target = await FakeTarget.start();
    target.report('k', 4);
    await using server = await TestServer.start(
      `services: [{name: shop, static_configs: [{targets: ["${target.address}"]}], scraper: {refresh_interval: 40ms}}]`,
    );
    await server.waitForTotals({ k: 4 });
    await server.restart();
    expect((await samples(server.url, 'exceptions_total'))[0]).toMatch(/ 4$/);
  });

  it('have Periskop’s names when asked to', async () => {
    await using plain = await PushedServer.start(':memory:');
    await plain.report('k');
    expect(await samples(plain.server.url, 'periskop_error_occurrences')).toEqual([]);
    await using fleet = await PushedServer.start(
      ':memory:',
      'metrics: {periskop_names: true}\nservices: [{name: shop, static_configs: [{targets: ["127.0.0.1:1"]}]}]',
    );
    await fleet.report('k', { times: 3, target: 'uuid-1' });
    await fetch(`${fleet.server.url}/services/nobody/errors/`);
    expect(await samples(fleet.server.url, 'periskop_error_occurrences')).toEqual([
      'periskop_error_occurrences{service_name="shop",severity="error",target="uuid-1",aggregation_key="k"} 3',
    ]);
    expect(await samples(fleet.server.url, 'periskop_instances_scrapped')).toEqual([
      'periskop_instances_scrapped{service_name="shop"} 1',
    ]);
    expect(await samples(fleet.server.url, 'periskop_errors_scrapped_total')).toEqual([
      'periskop_errors_scrapped_total{service_name="shop"} 1',
    ]);
    expect(await samples(fleet.server.url, 'periskop_application_errors_total')).toEqual([
      'periskop_application_errors_total{type="service_not_found"} 1',
    ]);
  });

  describeWith('prometheus', 'checked by promtool', () => {
    it('leave it nothing to say', async () => {
      await using target = await FakeTarget.start();
      target.report('weird "key"\n\\', 2);
      await using server = await TestServer.start(
        `services: [{name: shop, static_configs: [{targets: ["${target.address}", "127.0.0.1:1"]}], scraper: {refresh_interval: 40ms}}]`,
      );
      await server.waitForTotals({ 'weird "key"\n\\': 2 });
      const text = await (await fetch(`${server.url}/metrics`)).text();
      expect(text).toMatch(/exception_server_targets\{service="shop",health="up"\} 1/);
      const own = text.split('\n').filter((line) => /(^|\s)(exceptions_total|exception_server_)/.test(line));
      execFileSync('promtool', ['check', 'metrics'], {
        input: `${own.join('\n')}\n`,
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      const said = execFileSync('sh', ['-c', 'promtool check metrics 2>&1 || true'], {
        input: text,
        encoding: 'utf8',
      });
      expect(said).toBe('');
    });
  });
});
