import { Labels } from '@binnacle/model';
import { waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { TestServer } from '../testing/server.ts';
import { expandTemplate } from './template.ts';

const element = (host: string, value: number) => ({ labels: Labels.from({ __name__: 'up', host }), value });
const data = {
  labels: Labels.from({ host: 'a:90', x: 'Y' }),
  value: 1234567.891,
  externalLabels: Labels.from({ region: 'eu' }),
  externalUrl: 'http://m/p/',
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
    ['{{ printf "%05.1f|%s|%d" 3.14159 .Labels.x 7.9 }}', '003.1|Y|7'],
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
    ['{{ graphLink "up == 0" }}', '/graph?g0.expr=up+%3D%3D+0&g0.tab=0'],
    ['{{ "}}" }}{{ `{{` }}', '}}{{'],
  ])('%s', async (text, expected) => {
    expect(await expandTemplate(text, data)).toBe(expected);
  });

  it.each([
    ['{{ $nothing }}', 'undefined variable "$nothing"'],
    ['{{ $value | nothing }}', 'function "nothing" not defined'],
    ['{{ }}', 'a command is missing'],
    ['{{ if $value }}', '{{if}} has no {{end}}'],
    ['{{ if $value }}a{{ else }}b', 'the {{else}} of {{if}} has no {{end}}'],
    ['a{{ end }}', 'unexpected {{end}}'],
    ['{{ $value', 'an action that begins with {{ has no end'],
    ['{{ query "nothing" | first }}', 'first() called on vector with no elements'],
    ['{{ .Labels.x.y }}', "can't evaluate field y in Y"],
    ['{{ range $value }}{{ end }}', "range can't iterate over 1.234567891e+06"],
    ['{{ $value | $labels }}', "can't give an argument to non-function $labels"],
    ['{{ (printf "a" }}', 'a closing parenthesis is missing'],
    ['{{ humanize "x" }}', 'expected a number, found "x"'],
    ['{{ if lt "a" 1 }}{{ end }}', 'incompatible types for comparison'],
    [`${'{{ if true }}'.repeat(60)}${'{{ end }}'.repeat(60)}`, 'more than 50 levels'],
  ])('refuse %s', async (text, message) => {
    await expect(expandTemplate(text, data)).rejects.toThrow(message);
  });
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
          broken: '{{ $nothing }}'
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
    broken: '<error expanding template: undefined variable "$nothing">',
  });
});
