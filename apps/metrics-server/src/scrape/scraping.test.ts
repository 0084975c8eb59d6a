import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { FakeTarget } from '../testing/fakeTarget.ts';
import { TestServer } from '../testing/server.ts';

interface Targets {
  activeTargets: { health: string; lastError: string; labels: Record<string, string>; scrapeUrl: string }[];
  droppedTargets: { reason: string }[];
}

const config = (targets: readonly string[], extra = ''): string => `
global: {scrape_interval: 250ms}
scrape_configs:
  - job_name: shop
    static_configs: [{targets: [${targets.map((each) => JSON.stringify(each)).join(', ')}]}]
${extra.replaceAll(/^/gm, '    ')}
`;

async function targetsOf(server: TestServer): Promise<Targets['activeTargets']> {
  return (await server.api<Targets>('/targets')).data.activeTargets;
}

async function waitForError(server: TestServer, message: RegExp): Promise<void> {
  await waitFor(async () => (await targetsOf(server)).some(({ lastError }) => message.test(lastError)), {
    what: `an error like ${message}`,
  });
}

describe('a scrape', () => {
  it('stores samples under the target’s labels, with the report series', async () => {
    await using target = await FakeTarget.start(
      '# TYPE a counter\n# HELP a Counts.\na{x="1",job="own"} 3\na{x="2"} 4\n',
    );
    await using server = await TestServer.start(config([target.address]));
    const instance = target.address;
    await waitFor(async () => Object.keys(await server.query('a')).length === 2);
    expect(await server.query('a')).toEqual({
      [`{__name__="a", exported_job="own", instance="${instance}", job="shop", x="1"}`]: '3',
      [`{__name__="a", instance="${instance}", job="shop", x="2"}`]: '4',
    });
    expect(
      Object.values(
        await server.query('{__name__=~"up|scrape_samples_scraped|scrape_samples_post_metric_relabeling"}'),
      ),
    ).toEqual(['2', '2', '1']);
    expect(Object.keys(await server.query('{__name__=~"scrape_.*"}'))).toHaveLength(4);
    expect((await server.api('/metadata')).data).toEqual({
      a: [{ type: 'counter', help: 'Counts.', unit: '' }],
    });
    expect((await server.api(`/targets/metadata?metric=a&match_target={job="shop"}`)).data).toMatchObject([
      { target: { job: 'shop' }, type: 'counter' },
    ]);
    expect(target.lastHeaders).toMatchObject({
      'accept-encoding': 'gzip',
      'x-prometheus-scrape-timeout-seconds': '0.25',
    });
    expect(target.lastHeaders.accept).toMatch(
      /^application\/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5/,
    );
  });

  it('leaves a label empty that the target has as empty, with honor_labels', async () => {
    await using target = await FakeTarget.start('a{instance="",job="own"} 1\nb 1\n');
    await using server = await TestServer.start(config([target.address], 'honor_labels: true'));
    await waitFor(async () => Object.keys(await server.query('a')).length === 1);
    expect(await server.query('a')).toEqual({ '{__name__="a", job="own"}': '1' });
    expect(await server.query('b')).toEqual({
      [`{__name__="b", instance="${target.address}", job="shop"}`]: '1',
    });
    server.write('prometheus.yml', config([target.address]));
    await server.reload();
    await waitFor(async () => Object.keys(await server.query('a{exported_job="own"}')).length === 1);
    expect(Object.keys(await server.query('a{exported_job="own"}'))).toEqual([
      `{__name__="a", exported_job="own", instance="${target.address}", job="shop"}`,
    ]);
  });

  it('that fails is logged to scrape_failure_log_file', async () => {
    await using target = await FakeTarget.start('a{ 1\n');
    await using server = await TestServer.start(
      config([target.address], 'scrape_failure_log_file: failures.log'),
    );
    const file = join(server.folder.path, 'failures.log');
    const line = await waitFor(() => readFileSync(file, 'utf8').split('\n')[0]);
    expect(JSON.parse(line)).toEqual({
      time: expect.stringMatching(/^20/),
      level: 'ERROR',
      msg: expect.stringContaining('line 1'),
      job_name: 'shop',
      target: `http://${target.address}/metrics`,
    });
  });

  it('keeps targets apart that share the memory of their bodies', async () => {
    await using one = await FakeTarget.start();
    await using two = await FakeTarget.start();
    const body = (name: string, rounds: number): string =>
      Array.from({ length: 200 }, (_, i) => `${name}{i="${i}"} ${i + rounds}\n`).join('');
    one.answer = (_, response) =>
      response.writeHead(200, { 'content-type': 'text/plain' }).end(body('one', one.requests));
    two.answer = (_, response) =>
      response.writeHead(200, { 'content-type': 'text/plain' }).end(body('two', two.requests));
    await using server = await TestServer.start(config([one.address, two.address]));
    await waitFor(() => one.requests > 6 && two.requests > 6);
    for (const name of ['one', 'two']) {
      expect(await server.query(`count(${name})`)).toEqual({ '{}': '200' });
      const spread = `count(count by (i) (changes(${name}[1m]) > 3))`;
      expect(await server.query(spread)).toEqual({ '{}': '200' });
      expect(await server.query(`max(${name}) - min(${name})`)).toEqual({ '{}': '199' });
    }
  });

  it('marks series that are gone as stale, and those that come back as there', async () => {
    await using target = await FakeTarget.start('a 1\nb 1\n');
    await using server = await TestServer.start(config([target.address]));
    await waitFor(async () => Object.keys(await server.query('{__name__=~"a|b"}')).length === 2);
    target.body = 'b 2\n';
    await waitFor(async () => Object.keys(await server.query('a')).length === 0);
    expect(Object.values(await server.query('b'))).toEqual(['2']);
    target.body = 'b 2\na 5\n';
    await waitFor(async () => Object.values(await server.query('a'))[0] === '5');
  });

  it('ends every series when it fails, and says why', async () => {
    await using target = await FakeTarget.start('a 1\n');
    await using server = await TestServer.start(config([target.address]));
    await waitFor(async () => Object.values(await server.query('a')).length === 1);
    target.answer = (_, response) => response.writeHead(500).end();
    await waitForError(server, /server returned HTTP status 500 Internal Server Error/);
    expect(await server.query('a')).toEqual({});
    expect(Object.values(await server.query('up'))).toEqual(['0']);
    target.answer = undefined;
    await waitFor(async () => Object.values(await server.query('a')).length === 1);
  });

  it('keeps timestamps of the target, and gives their series no stale markers', async () => {
    const at = Date.now() - 1000;
    await using target = await FakeTarget.start(`a 1 ${at}\nb 1\n`);
    await using server = await TestServer.start(config([target.address]));
    await waitFor(async () => Object.values(await server.query('a + ignoring(x) b')).length === 1);
    expect(Object.values(await server.query('timestamp(a)'))).toEqual([String(at / 1000)]);
    target.body = 'c 1\n';
    await waitFor(async () => Object.values(await server.query('b')).length === 0);
    expect(Object.values(await server.query('a'))).toEqual(['1']);
  });

  it('honours labels and relabels metrics when told to', async () => {
    await using target = await FakeTarget.start('a{job="own"} 1\ndebug_x 1\nkeep{l="v"} 2\n');
    const extra = `honor_labels: true
metric_relabel_configs:
  - {source_labels: [__name__], regex: debug_.*, action: drop}
  - {source_labels: [l], target_label: m}
  - {regex: l, action: labeldrop}`;
    await using server = await TestServer.start(config([target.address], extra));
    await waitFor(async () => Object.keys(await server.query('keep')).length === 1);
    expect(Object.keys(await server.query('a'))[0]).toContain('job="own"');
    expect(Object.keys(await server.query('keep'))[0]).toContain('m="v"}');
    expect(await server.query('debug_x')).toEqual({});
    expect(Object.values(await server.query('scrape_samples_scraped'))).toEqual(['3']);
    expect(Object.values(await server.query('scrape_samples_post_metric_relabeling'))).toEqual(['2']);
  });

  it('reads gzip and OpenMetrics, exemplars too', async () => {
    await using target = await FakeTarget.start();
    const text = '# TYPE a counter\na_total 1 # {trace_id="t1"} 0.5\n# EOF\n';
    target.answer = (_, response) =>
      response
        .writeHead(200, {
          'content-type': 'application/openmetrics-text; version=1.0.0',
          'content-encoding': 'gzip',
        })
        .end(gzipSync(text));
    await using server = await TestServer.start(config([target.address]), {
      flags: ['--enable-feature=exemplar-storage'],
    });
    await waitFor(async () => Object.values(await server.query('a_total'))[0] === '1');
    const range = `start=${Date.now() / 1000 - 60}&end=${Date.now() / 1000 + 60}`;
    const { data } = await server.api<{ exemplars: object[] }[]>(`/query_exemplars?query=a_total&${range}`);
    expect(data[0]!.exemplars[0]).toMatchObject({ labels: { trace_id: 't1' }, value: '0.5' });
  });
});

describe('a bad target', () => {
  it.each([
    ['a body over the limit', 'body_size_limit: 1KB', 'a 1\n'.repeat(1000), {}, /body size limit exceeded/],
    [
      'a gzip bomb',
      'body_size_limit: 1MB',
      gzipSync(Buffer.alloc(50_000_000, 0x61)),
      { 'content-encoding': 'gzip' },
      /body size limit exceeded/,
    ],
    ['too many samples', 'sample_limit: 2', 'a 1\nb 1\nc 1\n', {}, /sample_limit exceeded/],
    ['too many labels', 'label_limit: 3', 'a{x="1",y="2"} 1\n', {}, /label_limit exceeded/],
    [
      'long label values',
      'label_value_length_limit: 30',
      `a{x="${'y'.repeat(31)}"} 1\n`,
      {},
      /label_value_length_limit exceeded/,
    ],
    ['HTML', '', '<html>', { 'content-type': 'text/html' }, /expected a content type/],
    ['nonsense', '', 'a{ 1\n', {}, /expected/],
  ])('costs only itself: %s', async (_, extra, body, headers, message) => {
    await using bad = await FakeTarget.start();
    bad.answer = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/plain', ...headers }).end(body);
    await using good = await FakeTarget.start('fine 1\n');
    await using server = await TestServer.start(config([bad.address, good.address], extra));
    await waitForError(server, message);
    await waitFor(async () => Object.keys(await server.query('fine')).length === 1);
    expect(await server.query('a')).toEqual({});
  });

  it('that does not answer is given up, and others are scraped meanwhile', async () => {
    await using slow = await FakeTarget.start();
    slow.answer = (_, response) => response.writeHead(200, { 'content-type': 'text/plain' }).write('a 1\n');
    await using good = await FakeTarget.start('fine 1\n');
    await using server = await TestServer.start(config([slow.address, good.address]));
    await waitFor(async () => Object.keys(await server.query('fine')).length === 1);
    await waitForError(server, /context deadline exceeded/);
  });

  it('every target of a pool over its target_limit fails', async () => {
    await using a = await FakeTarget.start('a 1\n');
    await using b = await FakeTarget.start('a 1\n');
    await using server = await TestServer.start(config([a.address, b.address], 'target_limit: 1'));
    await waitForError(server, /target_limit exceeded \(number of targets: 2, limit: 1\)/);
    expect(await server.query('a')).toEqual({});
  });
});

describe('a reload', () => {
  it('starts and stops targets, whose series then end, and shows what is dropped', async () => {
    await using a = await FakeTarget.start('a 1\n');
    await using b = await FakeTarget.start('b 1\n');
    await using server = await TestServer.start(config([a.address]));
    await waitFor(async () => Object.keys(await server.query('a')).length === 1);
    server.write('prometheus.yml', config([b.address]));
    await server.reload();
    await waitFor(async () => Object.keys(await server.query('b')).length === 1);
    await waitFor(async () => Object.keys(await server.query('{__name__=~"a|up"}')).length === 1);
    server.write(
      'prometheus.yml',
      config([b.address], 'relabel_configs: [{action: drop, regex: shop, source_labels: [job]}]'),
    );
    await server.reload();
    const { data } = await server.api<Targets>('/targets');
    expect(data).toMatchObject({
      activeTargets: [],
      droppedTargets: [{ reason: 'dropped by relabel rule 1 (drop)' }],
    });
  });

  it('that is refused changes nothing', async () => {
    await using a = await FakeTarget.start('a 1\n');
    await using server = await TestServer.start(config([a.address]));
    for (const [bad, message] of [
      [config([a.address], 'scrape_timeout: 5s'), /scrape timeout greater than scrape interval/],
      [config([a.address], 'nonsense: 1'), /unknown key "nonsense"/],
      [config([a.address], 'gce_sd_configs: []'), /gce_sd_configs: expected no such key: .*not built in/],
      [config([a.address], 'aws_sd_configs: [{role: ecs}]'), /expected the role ec2, found "ecs"/],
      [`rule_files: [none.yml]`, /none\.yml/],
      [`scrape_configs: [{job_name: a}, {job_name: a}]`, /multiple scrape configs with job name "a"/],
    ] as const) {
      server.write('prometheus.yml', bad);
      await expect(server.reload()).rejects.toThrow(message);
    }
    expect(await targetsOf(server)).toHaveLength(1);
    expect((await server.api('/status/runtimeinfo')).data).toMatchObject({ reloadConfigSuccess: false });
  });
});
