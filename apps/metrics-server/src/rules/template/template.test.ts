import { Labels } from '@binnacle/model';
import { waitFor } from '@binnacle/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MetricsServerError } from '../../errors.ts';
import { TestServer } from '../../testing/server.ts';
import { Template } from './template.ts';

const element = (host: string, value: number) => ({ labels: Labels.from({ __name__: 'up', host }), value });
const data = {
  labels: Labels.from({ host: 'a:90', x: 'Y' }),
  value: 1234567.891,
  externalLabels: Labels.from({ region: 'eu' }),
  externalUrl: 'http://m/p/',
  timeMs: 1_700_000_000_500,
  query: async (query: string) => (query === 'up' ? [element('b', 2), element('a', 1.5)] : []),
};

describe('templates', () => {
  it.each([
    ['plain', 'plain'],
    ['{{ $value | humanize }}', '1.235M'],
    ['{{ humanize1024 1048576 }}', '1Mi'],
    ['{{ 0.00123 | humanize }}', '1.23m'],
    ['{{ humanizeDuration 93784 }}', '1d 2h 3m 4s'],
    ['{{ 0.234567 | humanizePercentage }}', '23.46%'],
    ['{{ printf "%05.1f|%s|%d" 3.14159 .Labels.x 7 }}', '003.1|Y|7'],
    ['{{ $labels.host | stripPort | toUpper }}', 'A'],
    ['a {{- $labels.none -}} b', 'ab'],
    ['a {{/* nothing */}} b', 'a  b'],
    ['{{ (printf "%s" $labels.x) | toLower }} {{ $externalURL }}', 'y http://m/p/'],
    ['{{ externalURL }} {{ pathPrefix }} {{ .ExternalLabels.region }}', 'http://m/p/ /p eu'],
    ['{{ $value }}', '1.234567891e+06'],
    ['{{ $labels }}', 'map[host:a:90 x:Y]'],
    ['{{ if gt $value 5.0 }}much{{ else }}little{{ end }}', 'much'],
    ['{{ if eq $labels.x "N" }}n{{ else if eq $labels.x "Y" "Z" }}y{{ else }}?{{ end }}', 'y'],
    ['{{ if and (ne $labels.x "") (not $labels.none) }}both{{ end }}', 'both'],
    ['{{ or $labels.none "default" }}', 'default'],
    ['{{ with query "up" }}{{ . | first | value }}{{ end }}', '2'],
    ['{{ with query "nothing" }}some{{ else }}none{{ end }}', 'none'],
    ['{{ range query "up" | sortByLabel "host" }}{{ .Labels.host }}={{ .Value }} {{ end }}', 'a=1.5 b=2 '],
    ['{{ range $i, $s := query "up" }}{{ $i }}:{{ label "host" $s }}{{ end }}', '0:b1:a'],
    ['{{ range $name, $v := $labels }}[{{ $name }} {{ $v }}]{{ end }}', '[host a:90][x Y]'],
    ['{{ range query "nothing" }}x{{ else }}none{{ end }}', 'none'],
    ['{{ (query "up" | first).Labels.host }}', 'b'],
    ['{{ $n := 0 }}{{ range query "up" }}{{ $n = .Value }}{{ end }}{{ $n }}', '1.5'],
    ['{{ len (query "up") }} {{ index $labels "x" }}', '2 Y'],
    ['{{ reReplaceAll "(a|b)+:(\\\\d)" "<$2${1}>" "xab:1 b:2" }}', 'x<1b> <2b>'],
    ['{{ reReplaceAll "x*" "-" "abc" }}', '-a-b-c-'],
    ['{{ match "b." "abc" }} {{ "a b" | title }}', 'true A B'],
    ['{{ if match "^x" "abc" }}yes{{ else }}no{{ end }}', 'no'],
    ['{{ if gt now 1.7e9 }}{{ now | toTime }}{{ end }}', '2023-11-14 22:13:20.5 +0000 UTC'],
    [
      '{{ toDuration 5400.25 }} {{ (toDuration "90").Minutes }} {{ toDuration 0.0015 }}',
      '1h30m0.25s 1.5 1.5ms',
    ],
    ['{{ 3661.0 | toDuration | humanizeDuration }}', '1h 1m 1s'],
    ['{{ urlQueryEscape "a b&c" }}', 'a+b%26c'],
    ['{{ range 3 }}{{ . }}{{ end }}{{ range $i := 2 }}{{ $i }}{{ end }}', '01201'],
    ['{{ with "" }}a{{ else with "b" }}{{ . }}{{ else }}c{{ end }}', 'b'],
    ['{{ define "t" }}<{{ .arg0 }}>{{ end }}{{ tmpl "t" (args "x") | toUpper }}', '<X>'],
    ['{{ graphLink "up == 0" }}', '/graph?g0.expr=up+%3D%3D+0&g0.tab=0'],
    ['{{ "}}" }}{{ `{{` }}', '}}{{'],
  ])('%s', async (text, expected) => {
    expect(await new Template(text).expand(data)).toBe(expected);
  });

  it.each([
    ['{{ $nothing }}', 'undefined variable "$nothing"'],
    ['{{ $value | nothing }}', 'function "nothing" not defined'],
    ['{{ }}', 'missing value for command'],
    ['{{ if $value }}', '{{if}} has no {{end}}'],
    ['{{ if $value }}a{{ else }}b', 'the {{else}} of {{if}} has no {{end}}'],
    ['a{{ end }}', 'unexpected {{end}}'],
    ['{{ $value', 'an action that begins with {{ has no end'],
    ['{{ query "nothing" | first }}', 'first() called on vector with no elements'],
    ['{{ .Labels.x.y }}', "can't evaluate field y in string Y"],
    ['{{ range $value }}{{ end }}', "range can't iterate over float64 1.234567891e+06"],
    ['{{ $value | $labels }}', "can't give argument to non-function $labels"],
    ['{{ (printf "a" }}', 'unclosed left paren'],
    ['{{ gt $value 5 }}', 'write the number with a point, as 1.0'],
    [
      '{{ define "t" }}{{ template "t" }}{{ end }}{{ template "t" }}',
      'templates call each other more than 100',
    ],
    ['{{ range 1000000 }}x{{ end }}', 'at most 100000'],
    ['{{ humanize "x" }}', 'expected a number, found "x"'],
    ['{{ if lt "a" 1 }}{{ end }}', 'incompatible types for comparison'],
    [`${'{{ if true }}'.repeat(60)}${'{{ end }}'.repeat(60)}`, 'more than 50 levels'],
  ])('refuse %s', async (text, message) => {
    await expect((async () => new Template(text).expand(data))()).rejects.toThrow(message);
  });
});

it('any text is a template, or refused with a reason', async () => {
  const part = fc.constantFrom(
    ...[
      '{{',
      '}}',
      '{{-',
      '-}}',
      ' ',
      '|',
      '(',
      ')',
      '.',
      ',',
      ':=',
      '=',
      '"',
      '`',
      "'",
      '\\',
      '/*',
      '*/',
      '\n',
    ],
    ...[
      '$',
      '$x',
      '$value',
      '.Labels',
      '.x',
      'if',
      'else',
      'end',
      'range',
      'with',
      'define',
      'template',
      'block',
    ],
    ...[
      'break',
      '"t"',
      'printf',
      '"%*.*d%q"',
      'slice',
      'index',
      'query',
      'args',
      'tmpl',
      '1',
      '-3',
      '1.5e9',
      'nil',
    ],
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 25 }), async (parts) => {
      const text = `{{${parts.join(' ')}}}`;
      const expand = async (): Promise<string> => new Template(text).expand(data);
      const error: unknown = await expand().catch((reason: unknown) => reason);
      if (typeof error !== 'string') expect(error).toBeInstanceOf(MetricsServerError);
    }),
    { numRuns: 3000 },
  );
});

it('an annotation asks queries at the time of its evaluation, and shows what is wrong with it', async () => {
  const rules = `
groups:
  - name: g
    interval: 100ms
    rules:
      - alert: A
        expr: sum(a) > 1
        annotations:
          top: '{{ with query "topk(1, a)" }}{{ . | first | label "host" }}{{ end }}'
          broken: '{{ query "nothing" | first }}'
`;
  await using server = await TestServer.start('rule_files: [r.yml]', { files: { 'r.yml': rules } });
  const now = Date.now() / 1000;
  await server.write1([
    { labels: { __name__: 'a', host: 'x' }, samples: [[now, 1]] },
    { labels: { __name__: 'a', host: 'y' }, samples: [[now, 3]] },
  ]);
  const [alert] = await waitFor(async () => {
    const { data } = await server.api<{ alerts: { annotations: object }[] }>('/alerts');
    return data.alerts.length > 0 ? data.alerts : undefined;
  });
  expect(alert!.annotations).toEqual({
    top: 'y',
    broken: '<error expanding template: error calling first: first() called on vector with no elements>',
  });
});

it('a rule whose annotation is no template is refused, with its place', async () => {
  const rules = "groups: [{name: g, rules: [{alert: A, expr: up, annotations: {a: '{{ $nothing }}'}}]}]";
  await expect(TestServer.start('rule_files: [r.yml]', { files: { 'r.yml': rules } })).rejects.toThrow(
    'group "g", rule "A": annotation "a": undefined variable "$nothing"',
  );
});
