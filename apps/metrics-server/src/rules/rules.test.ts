import { FakeClock, waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { TestServer } from '../testing/server.ts';

const START = Date.UTC(2026, 0, 15, 15, 0, 0);
const CONFIG = 'rule_files: [rules.yml]\nglobal: {evaluation_interval: 10s, external_labels: {region: eu}}';

interface RuleGroups {
  groups: {
    name: string;
    rules: {
      name: string;
      type: string;
      state?: string;
      health: string;
      lastError?: string;
      alerts?: object[];
    }[];
  }[];
  groupNextToken?: string;
}

/** A server on a clock that the test moves, with one series `load` that the test writes. */
class RuleTest implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly server: TestServer;

  private constructor(server: TestServer, clock: FakeClock) {
    this.server = server;
    this.clock = clock;
  }

  static async start(rules: string): Promise<RuleTest> {
    const clock = new FakeClock(START);
    return new RuleTest(await TestServer.start(CONFIG, { clock, files: { 'rules.yml': rules } }), clock);
  }

  /** Writes `load` and lets ten seconds pass, with one evaluation of every group. */
  async step(value: number): Promise<void> {
    const before = await this.#evaluations();
    await this.server.write1([
      { labels: { __name__: 'load', host: 'a' }, samples: [[this.clock.now() / 1000, value]] },
    ]);
    this.clock.advance(10_000);
    await waitFor(async () => (await this.#evaluations()) !== before);
  }

  async groups(): Promise<RuleGroups['groups']> {
    return (await this.server.api<RuleGroups>('/rules')).data.groups;
  }

  async alerts(): Promise<
    { state: string; labels: Record<string, string>; annotations: object; value: string }[]
  > {
    return (await this.server.api<{ alerts: never[] }>('/alerts')).data.alerts;
  }

  query(query: string): Promise<Record<string, string>> {
    return this.server.query(query, this.clock.now() / 1000);
  }

  async #evaluations(): Promise<string> {
    const groups = (await this.server.api<{ groups: { lastEvaluation: string }[] }>('/rules')).data.groups;
    return groups.map(({ lastEvaluation }) => lastEvaluation).join();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

describe('recording rules', () => {
  it('write series, one rule after the other, and end those that are gone', async () => {
    await using test = await RuleTest.start(`
groups:
  - name: g
    labels: {team: x}
    rules:
      - {record: load:double, expr: load * 2, labels: {kind: d}}
      - {record: load:big, expr: load:double > 5}
`);
    await test.step(3);
    expect(await test.query('load:double')).toEqual({
      '{__name__="load:double", host="a", kind="d", team="x"}': '6',
    });
    expect(Object.values(await test.query('load:big'))).toEqual(['6']);
    await test.step(1);
    expect(Object.values(await test.query('load:double'))).toEqual(['2']);
    expect(await test.query('load:big')).toEqual({});
  });

  it('keep native histograms; they were left out', async () => {
    await using test = await RuleTest.start(`
groups:
  - name: g
    rules:
      - {record: took:sum, expr: sum(took)}
`);
    await test.server.writeHistogram('took', test.clock.now(), '{{schema:0 sum:5 count:4 buckets:[1 2 1]}}');
    await test.step(1);
    expect(Object.values(await test.query('histogram_count({__name__="took:sum"})'))).toEqual(['4']);
  });

  it('that fail say why, and others go on', async () => {
    await using test = await RuleTest.start(`
groups:
  - name: g
    limit: 1
    rules:
      - {record: many, expr: 'label_replace(load, "n", "1", "", "") or load'}
      - {record: fine, expr: load}
`);
    await test.step(3);
    const [group] = await test.groups();
    expect(group!.rules[0]).toMatchObject({ health: 'err', lastError: 'exceeded limit of 1 with 2 series' });
    expect(group!.rules[1]).toMatchObject({ health: 'ok' });
    expect(Object.values(await test.query('fine'))).toEqual(['3']);
  });
});

describe('alerting rules', () => {
  const RULES = `
groups:
  - name: g
    rules:
      - alert: Busy
        expr: load > 5
        for: 20s
        keep_firing_for: 20s
        labels: {severity: page, load: '{{ $value }}x'}
        annotations: {summary: '{{ $labels.host }} at {{ $value | printf "%.1f" }} in {{ $externalLabels.region }}'}
`;

  it('go from pending to firing and back', async () => {
    await using test = await RuleTest.start(RULES);
    await test.step(9);
    expect(await test.alerts()).toMatchObject([
      {
        state: 'pending',
        labels: { alertname: 'Busy', host: 'a', severity: 'page', load: '9x' },
        annotations: { summary: 'a at 9.0 in eu' },
        value: '9e+00',
      },
    ]);
    expect(Object.values(await test.query('ALERTS{alertstate="pending"}'))).toEqual(['1']);
    await test.step(9);
    await test.step(9);
    expect((await test.alerts())[0]!.state).toBe('firing');
    expect(Object.keys(await test.query('ALERTS'))).toHaveLength(1);
    expect((await test.groups())[0]!.rules[0]).toMatchObject({ state: 'firing', type: 'alerting' });
    await test.step(1);
    await test.step(1);
    expect((await test.alerts())[0]!.state).toBe('firing');
    await test.step(1);
    expect(await test.alerts()).toEqual([]);
    expect(await test.query('ALERTS')).toEqual({});
  });

  it('that stop while pending are gone, and come back from the beginning', async () => {
    await using test = await RuleTest.start(RULES);
    await test.step(9);
    await test.step(1);
    expect(await test.alerts()).toEqual([]);
    await test.step(9);
    expect((await test.alerts())[0]!.state).toBe('pending');
  });

  it('go on over reloads and restarts', async () => {
    await using test = await RuleTest.start(RULES.replace('for: 20s', 'for: 40s'));
    await test.step(9);
    await test.step(9);
    await test.server.reload();
    await test.step(9);
    await test.server.restart();
    await test.step(9);
    await test.step(9);
    await test.step(9);
    expect((await test.alerts())[0]!.state).toBe('firing');
  });
});

describe('rules that are not valid', () => {
  it.each([
    ['groups: [{name: a, rules: [{record: a, expr: "("}]}]', /could not parse expression/],
    ['groups: [{name: a, rules: [{expr: a}]}]', /expected one of record and alert/],
    ['groups: [{name: a, rules: [{record: a, alert: b, expr: a}]}]', /expected one of record and alert/],
    ['groups: [{name: a, rules: [{record: a, expr: a, for: 1m}]}]', /a recording rule has no for/],
    ['groups: [{name: a}, {name: a}]', /group name "a" is repeated/],
    ['groups: [{name: a, rulez: []}]', /unknown key "rulez"/],
  ])('are refused: %s', async (rules, message) => {
    await expect(TestServer.start(CONFIG, { files: { 'rules.yml': rules } })).rejects.toThrow(message);
  });
});

describe('/rules', () => {
  it('filters and pages', async () => {
    await using test = await RuleTest.start(`
groups:
  - {name: a, rules: [{record: r, expr: load}, {alert: A, expr: load > 100, labels: {team: x}}]}
  - {name: b, rules: [{record: s, expr: load}]}
`);
    const ask = async (params: string) => (await test.server.api<RuleGroups>(`/rules?${params}`)).data;
    const names = ({ groups }: RuleGroups) =>
      groups.map(({ name, rules }) => [name, rules.map((rule) => rule.name)]);
    expect(names(await ask('type=alert'))).toEqual([['a', ['A']]]);
    expect(names(await ask('rule_name[]=s'))).toEqual([['b', ['s']]]);
    expect(names(await ask('rule_group[]=b'))).toEqual([['b', ['s']]]);
    expect(names(await ask('match[]={team="x"}'))).toEqual([['a', ['A']]]);
    const first = await ask('group_limit=1');
    expect(names(first)).toEqual([['a', ['r', 'A']]]);
    const second = await ask(`group_limit=1&group_next_token=${first.groupNextToken}`);
    expect(names(second)).toEqual([['b', ['s']]]);
    expect(second.groupNextToken).toBeUndefined();
    expect((await test.server.api('/rules?type=x')).code).toBe(400);
  });
});
