import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith, findExecutable, tempDir } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { runLine } from '../../testing/commandLine.ts';

const RULES = `
groups:
  - name: second
    rules:
      - record: job:load:double
        expr: job:load:sum * 2
  - name: first
    interval: 5m
    rules:
      - record: job:load:sum
        expr: sum by (job) (load)
        labels: { source: rule }
  - name: alerts
    rules:
      - alert: High
        expr: load > 3
        for: 2m
        labels: { severity: page, where: '{{ $externalLabels.region }}' }
        annotations: { summary: '{{ $labels.job }} at {{ $value }}', link: '{{ $externalURL }}/x' }
      - alert: High
        expr: absent(load)
      - alert: Kept
        expr: load == 5
        keep_firing_for: 2m
`;
const BROKEN_RULES = 'groups: [{name: g, rules: [{record: r, expr: "a * on (x) b"}]}]';

/** A test over ten minutes of `load`, which passes unless its lines are changed. */
function oneTest(lines: readonly string[], values = '0+1x10'): string {
  return `
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    external_labels: { region: eu }
    external_url: http://m
    input_series:
      - { series: 'load{job="a"}', values: '${values}' }
${lines.map((line) => `    ${line}`).join('\n')}
`;
}

function expr(query: string, time: string, ...samples: readonly [labels: string, value: string][]): string[] {
  const expected = samples.map(([labels, value]) => `{ labels: '${labels}', value: ${value} }`);
  return [
    'promql_expr_test:',
    `  - { expr: '${query}', eval_time: ${time}, exp_samples: [${expected.join(', ')}] }`,
  ];
}

const HIGH = `{ exp_labels: { severity: page, where: eu, job: a }, exp_annotations: { summary: a at 6, link: http://m/x } }`;
const alerts = (time: string, name: string, ...expected: readonly string[]): string[] => [
  'alert_rule_test:',
  `  - { eval_time: ${time}, alertname: ${name}, exp_alerts: [${expected.join(', ')}] }`,
];
const KEPT = 'job:load:double{job="a",source="rule"}';

/** Each file, and whether its tests hold. */
const FILES: readonly (readonly [name: string, text: string, holds: boolean])[] = [
  [
    'a recorded series',
    oneTest(expr('job:load:sum', '5m', ['job:load:sum{job="a",source="rule"}', '5'])),
    true,
  ],
  ['another value', oneTest(expr('job:load:sum', '5m', ['job:load:sum{job="a",source="rule"}', '6'])), false],
  ['another label', oneTest(expr('job:load:sum', '5m', ['job:load:sum{job="a"}', '5'])), false],
  ['a sample too many', oneTest(expr('load', '5m', ['load{job="a"}', '5'], ['load{job="b"}', '5'])), false],
  ['a sample too few', oneTest(expr('load', '5m')), false],
  ['a scalar', oneTest(expr('scalar(load) + 1', '5m', ['', '6'])), true],
  ['a string', oneTest(expr('"a"', '5m')), false],
  ['no query', oneTest(expr('load{', '5m')), false],
  ['labels that cannot be read', oneTest(expr('load', '5m', ['load{', '5'])), false],
  ['NaN, which equals nothing', oneTest(expr('load', '1m', ['load{job="a"}', '.nan']), '1 NaN'), false],
  ['infinity', oneTest(expr('load', '1m', ['load{job="a"}', '-.inf']), '1 -Inf'), true],
  ['gaps', oneTest(expr('count_over_time(load[10m:1m])', '9m', ['{job="a"}', '8']), '_x2 1 2 _ 5+1x4'), true],
  ['a stale marker', oneTest(expr('load', '3m'), '1 1 stale _ 7'), true],
  ['no stale marker', oneTest(expr('load', '3m', ['load{job="a"}', '1']), '1 1 _ _ 7'), true],
  ['falling and repeated values', oneTest(expr('load', '7m', ['load{job="a"}', '4']), '10-2x3 4x4'), true],
  ['values that cannot be read', oneTest(expr('load', '1m', ['load{job="a"}', '2']), '1 2 three'), false],
  ['a rate', oneTest(expr('rate(load[5m])', '9m', ['{job="a"}', '1']), '0+60x10'), true],
  ['a subquery', oneTest(expr('max_over_time(sum(load)[3m:])', '9m', ['{}', '9'])), true],
  ['a firing alert', oneTest(alerts('6m', 'High', HIGH)), true],
  ['an alert between evaluations', oneTest(alerts('6m30s', 'High', HIGH)), true],
  ['a pending alert', oneTest(alerts('5m', 'High')), true],
  ['an alert that was not expected', oneTest(alerts('6m', 'High')), false],
  ['an alert with another annotation', oneTest(alerts('7m', 'High', HIGH)), false],
  ['an alert of a rule that is not there', oneTest(alerts('7m', 'Low')), true],
  ['an alert without a name', oneTest(['alert_rule_test:', '  - eval_time: 1m']), false],
  ['an alert that is kept firing', oneTest(alerts('6m', 'Kept', '{ exp_labels: { job: a } }')), true],
  ['an alert that was kept for long enough', oneTest(alerts('8m', 'Kept')), true],
  ['ALERTS as a series', oneTest(expr('count(ALERTS{alertstate="firing"})', '8m', ['{}', '1'])), true],
  ['samples after the last evaluation', oneTest(expr('load', '5m30s', ['load{job="a"}', '5'])), true],
  ['a pattern that matches nothing', oneTest([]).replace('rules.yml', 'none*.yml'), true],
  [
    'a rule that fails',
    oneTest(expr('load', '1m', ['load{job="a"}', '1'])).replace('rules.yml', 'broken.yml'),
    true,
  ],
  ['an unknown key', oneTest([]).replace('tests:', 'testz:'), false],
  ['a group named twice', `${oneTest([])}group_eval_order: [first, first]\n`, false],
  [
    'an order of groups',
    `${oneTest(expr('job:load:double', '5m', [KEPT, '10']))}group_eval_order: [first, second]\n`,
    true,
  ],
  [
    'another order of groups',
    `${oneTest(expr('job:load:double', '5m', [KEPT, '8']))}group_eval_order: [second, first]\n`,
    true,
  ],
  ['an empty file', '', true],
];

async function verdictOf(text: string): Promise<{ code: number; out: string; err: string }> {
  using folder = tempDir('test-rules');
  const file = writeAll(folder.path, text);
  return await runLine(['test', 'rules', file]);
}

function writeAll(folder: string, text: string): string {
  writeFileSync(join(folder, 'rules.yml'), RULES);
  writeFileSync(join(folder, 'broken.yml'), BROKEN_RULES);
  writeFileSync(join(folder, 'test.yml'), text);
  return join(folder, 'test.yml');
}

it.each(FILES)('%s', async (_, text, holds) => {
  const { code, out } = await verdictOf(text);
  expect(out).toMatch(holds ? /: passed, / : /: failed/);
  expect(code).toBe(holds ? 0 : 1);
});

describeWith('prometheus', "the verdict is promtool's", () => {
  it.each(FILES)('%s', async (_, text, holds) => {
    using folder = tempDir('test-rules');
    const file = writeAll(folder.path, text);
    const code = await new Promise<number>((resolve) => {
      execFile(findExecutable('promtool')!, ['test', 'rules', file], (error) =>
        resolve(Number(error?.code ?? 0)),
      );
    });
    expect(code === 0).toBe(holds);
  });
});

it('native histograms, as input and expected', async () => {
  const histogram = '{{schema:0 sum:5 count:4 buckets:[1 2 1]}}';
  const test = (expected: string): string =>
    oneTest(
      [
        'promql_expr_test:',
        `  - { expr: load, eval_time: 2m, exp_samples: [{ labels: 'load{job="a"}', histogram: '${expected}' }] }`,
      ],
      `${histogram}x3`,
    );
  expect((await verdictOf(test(histogram))).code).toBe(0);
  const other = await verdictOf(test('{{schema:0 sum:5 count:5 buckets:[1 3 1]}}'));
  expect(other.code).toBe(1);
  expect(other.out).toContain('found    load{job="a"} {');
  expect((await verdictOf(test('{{'))).out).toContain('histogram "{{"');
});

it('a fuzzy comparison leaves out the last bit, and lets NaN equal NaN', async () => {
  const sum = oneTest(expr('load * 3', '0', ['{job="a"}', '0.3']), '0.1');
  expect((await verdictOf(sum)).code).toBe(1);
  expect((await verdictOf(`${sum}fuzzy_compare: true\n`)).code).toBe(0);
  const nan = oneTest(expr('load', '0', ['load{job="a"}', '.nan']), 'NaN');
  expect((await verdictOf(`${nan}fuzzy_compare: true\n`)).code).toBe(0);
});

it('a start timestamp moves all times', async () => {
  const test = (start: string): string =>
    oneTest([`start_timestamp: ${start}`, ...expr('time()', '60s', ['', '1609459260'])]);
  expect((await verdictOf(test('1609459200'))).code).toBe(0);
  expect((await verdictOf(test("'2021-01-01T00:00:00Z'"))).code).toBe(0);
  expect((await verdictOf(test('noon'))).out).toContain('start_timestamp: expected Unix seconds');
});

it('an interval that is not written is the evaluation interval', async () => {
  const test = oneTest(expr('load', '5m', ['load{job="a"}', '5'])).replace('- interval: 1m\n    ', '- ');
  expect((await verdictOf(test)).code).toBe(0);
});

it('only the tests that --run names, and JSON', async () => {
  using folder = tempDir('test-rules');
  const file = writeAll(
    folder.path,
    `tests:
  - { name: good, promql_expr_test: [{ expr: vector(1), exp_samples: [{ value: 1 }] }] }
  - { name: bad, promql_expr_test: [{ expr: vector(1), exp_samples: [{ value: 2 }] }] }
`,
  );
  expect(await runLine(['test', 'rules', '--run=^go', file])).toMatchObject({
    code: 0,
    out: `${file}: passed, 1 test\n`,
  });
  const { code, out } = await runLine(['test', 'rules', file, '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    files: [
      {
        ok: false,
        tests: [
          { name: 'good', ok: true, failures: [] },
          { name: 'bad', ok: false, failures: [{ expected: ['{} 2'], found: ['{} 1'] }] },
        ],
      },
    ],
  });
  expect(await runLine(['test', 'rules', '--run=(', file])).toMatchObject({ code: 2 });
});
