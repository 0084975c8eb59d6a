import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWith, findExecutable, tempDir, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { startPrometheus } from '../../testing/peers.ts';
import { TestServer } from '../../testing/server.ts';
import { Template } from './template.ts';

const EXPR = 'label_replace(label_replace(vector(1234567.891), "host", "a:90", "", ""), "x", "Y", "", "")';
const SERIES = ['b', 'a']
  .map((host, i) => `label_replace(vector(${2 - i / 2}), \\"host\\", \\"${host}\\", \\"\\", \\"\\")`)
  .join(' or ');
const QUERY = `query "${SERIES}"`;

/** Templates that both take, Debian's Prometheus 2.42 and this server. */
const TEMPLATES = [
  // What Go's text/template has.
  'a {{- /* nothing */ -}} b {{- $labels.none -}} c',
  '{{ 1 }} {{ 0x10 }} {{ 0b11 }} {{ 0o17 }} {{ 017 }} {{ 1_000 }} {{ 1.5 }} {{ 1e3 }} {{ .5 }} {{ -3 }}',
  '{{ \'a\' }} {{ "\\t\\u00e4\\x41" }} {{ `raw \\n` }}',
  '{{ $value }} {{ .Value }} {{ $labels }} {{ .Labels.host }} {{ $labels.none }}|{{ $.ExternalURL | len }}',
  '{{ . }}',
  '{{ true }} {{ not true }} {{ and 1 0 2 }} {{ or 0 "" "x" }} {{ and }}',
  '{{ and true false }} {{ or "" 0 }} {{ if and false (first (query "vector(1) > 2")) }}x{{ else }}lazy{{ end }}',
  '{{ if eq $labels.x "N" }}n{{ else if eq $labels.x "Y" "Z" }}y{{ else }}?{{ end }}',
  '{{ if gt $value 5.0 }}much{{ else }}little{{ end }}{{ if le 2 2 }}le{{ end }}{{ if lt "a" "b" }}lt{{ end }}',
  '{{ gt $value 5 }}',
  '{{ eq 1 1.0 }}',
  '{{ eq $labels $labels }}',
  '{{ lt true false }}',
  '{{ ne "a" "b" }} {{ ge 2.5 2.5 }} {{ eq 1 2 3 1 }} {{ eq true true }}',
  '{{ $a := 1 }}{{ if true }}{{ $a = 2 }}{{ $b := 3 }}{{ $b }}{{ end }}{{ $a }}',
  '{{ with $x := "w" }}{{ . }}{{ $x }}{{ $.Value }}{{ end }}{{ with "" }}some{{ else }}none{{ .Value }}{{ end }}',
  '{{ range $k, $v := $labels }}[{{ $k }} {{ $v }} {{ . }}]{{ end }}',
  '{{ range $i, $s := QUERY }}{{ $i }}:{{ $s.Labels.host }}={{ .Value }} {{ end }}',
  '{{ range QUERY }}{{ if eq .Labels.host "a" }}{{ continue }}{{ end }}{{ .Labels.host }}{{ end }}',
  '{{ range QUERY }}{{ .Labels.host }}{{ break }}{{ end }}',
  '{{ range query "vector(1) > 2" }}x{{ else }}none{{ end }}',
  '{{ range $value }}{{ end }}',
  '{{ range "abc" }}{{ end }}',
  '{{ define "t" }}<{{ . }}{{ $ }}>{{ end }}{{ template "t" "x" }}{{ template "t" 5 }}{{ template "t" }}',
  '{{ define "t" }}{{ .arg0 }}-{{ .arg1 }}-{{ .arg2 }}{{ end }}{{ template "t" (args "a" 2.5) }}',
  '{{ block "b" $value }}{{ . | humanize }}{{ end }}{{ template "b" 2000.0 }}',
  '{{ template "nowhere" . }}',
  '{{ define "loop" }}{{ template "loop" }}{{ end }}x',
  '{{ len "äb" }} {{ len $labels }} {{ len (QUERY) }} {{ len 3 }}',
  '{{ index $labels "x" }} {{ index $labels "none" }}| {{ index "abc" 1 }} {{ (index (QUERY) 1).Labels.host }}',
  '{{ index (QUERY) 2 }}',
  '{{ index $labels 1 }}',
  '{{ slice "abcdef" 1 3 }} {{ slice "abc" 1 }} {{ slice "abc" }} {{ len (slice (QUERY) 1) }}',
  '{{ slice "abc" 2 1 }}',
  '{{ slice "abc" 4 }}',
  '{{ print 1 2 "a" "b" 3 4.0 nil }} {{ println "x" 1 }}{{ print }}',
  '{{ html "<a href=\'x\'>&\\"" }} {{ js "it\'s <b>\\n=&\\"" }} {{ urlquery "a b/ü!*()~-_.\'" 1 }}',
  '{{ "x" | printf "%s-%s" "y" }} {{ printf "%v" (print "a" | len) }}',
  '{{ call 1 }}',
  '{{ .Labels.x.y }}',
  '{{ .Nothing }}',
  '{{ $value.x }}',
  '{{ $a = 1 }}',
  '{{ nil }}',
  '{{ 3 4 }}',
  '{{ $labels 4 }}',
  '{{ "a" | $labels }}',
  '{{ (index (QUERY) 0).Labels }} {{ QUERY | first }} {{ printf "%v" (QUERY | first) }}',
  '{{ (args 1 "b").arg0 }} {{ args }} {{ args 1 2.5 "c" nil }} {{ (args).arg5 }}',
  // Formats of numbers.
  '{{ printf "%d %5d|%-5d|%05d %+d %x %X %o %b %c %q %U %#x" 7 7 7 7 7 255 255 8 5 65 65 0x1F600 255 }}',
  '{{ printf "%f %.2f %8.3f|%-8.1f|%08.3f %+.1f %e %E %g %G %.3g %.0f % .1f" 1.5 1.005 3.14159 2.5 -3.14159 1.0 1234.5 0.00001 1e21 1e-7 1234567.0 2.5 3.0 }}',
  '{{ printf "%.0f %.0f %.1f %.1f %.2f %.3g %.1e %.0e %.1g" 0.5 1.5 0.25 -0.75 1.125 1.125 1.25 2.5 2.5 }}',
  '{{ printf "%s|%5s|%-5s|%.2s|%q|%x|%v|%t|%T %T %T" "ab" "ab" "ab" "abcd" "a\\"b" "hi" "v" true 1 1.5 "s" }}',
  '{{ printf "%d %s %z %v %d" 1.5 2 3 }} {{ printf "%d" 1 2 "x" }} {{ printf "%!" }} {{ printf "100%%" }}',
  '{{ printf "%v %v %v %v" 1000000.0 123456.0 0.0001 0.00001 }} {{ printf "%6.2f%%" 12.3456 }}',
  '{{ printf "%*d|%-*d|%.*f" 5 42 5 42 2 3.14159 }} {{ printf "%v %s" $labels $labels }} {{ printf "%5t|%q" true `a` }}',
  '{{ printf "%v %d" nil nil }} {{ printf "%s" }} {{ printf "%.3v|%10v|%-10v|" 3.14159 "x" "y" }} {{ printf 5 }}',
  // What Prometheus has.
  '{{ QUERY | first | value }} {{ QUERY | first | label "host" }} {{ range QUERY | sortByLabel "host" }}{{ .Labels.host }}{{ end }}',
  '{{ query "vector(1) > 2" | first }}',
  '{{ query "no(" }}',
  '{{ QUERY | sortByLabel "none" | first | label "none" }}|{{ strvalue (QUERY | first) }}',
  ...[
    0,
    1,
    -1,
    0.5,
    999,
    1000,
    1234567.8,
    -1234567.8,
    1e-4,
    1.5e-9,
    1e-30,
    9.9999e26,
    1e30,
    0.99999,
    1234.5,
    1235.5,
    12.345,
    0.00012345,
    2 ** -13,
  ].map((x) =>
    `${x.toFixed(32).replace(/0+$/, '0')} {{ humanize X }} {{ humanize1024 X }} {{ humanizePercentage X }}`.replaceAll(
      'X',
      exponential(x),
    ),
  ),
  ...[
    59.9, 60, 61.5, 899.99, 3600, 3661, 86400, 93784.7, -3661.5, 0.0123, 1e9, 1e-9, 0.5, -0.5, 1, 0, 0.99999,
  ].map((x) => `{{ humanizeDuration ${exponential(x)} }}`),
  '{{ humanize "12345" }} {{ humanize "NaN" }} {{ humanize "+Inf" }} {{ humanizeDuration "-Inf" }} {{ humanizePercentage "NaN" }}',
  '{{ humanize "x" }}',
  '{{ humanize true }}',
  '{{ humanizeTimestamp 1435065584.128 }} {{ humanizeTimestamp 1435065584.0 }} {{ humanizeTimestamp "1435065584.12" }} {{ humanizeTimestamp "NaN" }}',
  '{{ humanizeTimestamp 1435065584.1289 }} {{ humanizeTimestamp -1.5 }} {{ 0.0 | humanizeTimestamp }}',
  '{{ toTime 1435065584.128 }} {{ (toTime 1435065584.128).Format "Mon Jan _2 15:04:05 2006" }} {{ (1435065584.0 | toTime).Unix }} {{ (toTime 1e9).Year }}',
  '{{ (toTime 1435065584.128).Format "Monday, 02-Jan-06 03:04:05.000 PM MST -07:00 Z07:00 002 1/2 3:4:5pm .999" }} {{ (toTime 0.0).Weekday }} {{ (toTime 0.0).Month }}',
  '{{ toUpper "aß" }} {{ toLower "AÄ" }} {{ title "aa bb-cc d_e f\'g 1h äö CC" }}',
  '{{ $value | toUpper }}',
  '{{ match "b." "abc" }} {{ match "^b" "abc" }} {{ match "a.c" "a\\nc" }} {{ match "(?i)B" "abc" }}',
  '{{ match "(" "x" }}',
  '{{ reReplaceAll "(a|b)+:(\\\\d)" "<$2${1}>" "xab:1 b:2" }} {{ reReplaceAll "x*" "-" "abxxc" }} {{ reReplaceAll "^a" "b" "aaa" }}',
  '{{ stripPort "a:90" }} {{ stripPort "a" }} {{ stripPort "[::1]:90" }} {{ stripPort "::1" }} {{ stripPort "a:b:c" }} {{ stripPort "a:http" }}|{{ stripPort ":9" }}|{{ stripPort "" }}',
  '{{ stripDomain "a.b.c:90" }} {{ stripDomain "a.b" }} {{ stripDomain "1.2.3.4:90" }} {{ stripDomain "[::1]:90" }} {{ stripDomain "a" }} {{ stripDomain "1.2.3.4" }}',
  '{{ graphLink "up == 0 and a{b=\\"c\'d\\"}" }} {{ tableLink "x*(y)!" }}',
  '{{ pathPrefix }} {{ externalURL }} {{ $externalURL }} {{ $externalLabels.region }} {{ .ExternalLabels }}',
  '{{ parseDuration "1h30m" }} {{ parseDuration "1d" | humanizeDuration }}',
  '{{ parseDuration "x" }}',
  '{{ safeHtml "<b>" }} {{ "<b>" }}',
  '{{ label "host" }}',
  '{{ first }}',
  '{{ first "x" }}',
  '{{ toUpper "a" "b" }}',
].map((text) => text.replaceAll('QUERY', QUERY));

/** Templates that neither takes. */
const REFUSED = [
  '{{ $nothing }}',
  '{{ $value | nothing }}',
  '{{ }}',
  '{{ if $value }}',
  '{{ if $value }}a{{ else }}b',
  'a{{ end }}',
  '{{ else }}',
  '{{ $value',
  '{{ (printf "a" }}',
  '{{ printf "a") }}',
  '{{ "a }}',
  '{{ `a }}',
  '{{ "\\y" }}',
  '{{ 1x }}',
  '{{ 1 | 2 }}',
  '{{ . | "a" }}',
  '{{ break }}',
  '{{ if true }}{{ continue }}{{ end }}',
  '{{ define t }}{{ end }}',
  '{{ if true }}{{ define "t" }}{{ end }}{{ end }}',
  '{{ define "t" }}{{ $value }}{{ end }}',
  '{{ define "t" }}',
  '{{ template }}',
  '{{ block "b" }}{{ end }}',
  '{{ if $x := 1 }}{{ end }}{{ $x }}',
  '{{ $a, $b := $labels }}',
  '{{ /* a */ 1 }}',
  '{{ "a".b }}',
  '{{ nil.x }}',
  '{{ printf "a""b" }}',
  '{{ $labels.x$labels.y }}',
  '{{ # }}',
  '{{ range $i, := $labels }}{{ end }}',
];

const ERROR = /^<error expanding template: .*>$/s;

describeWith('prometheus', 'templates and those of a real Prometheus', () => {
  it('print the same, and fail alike', async () => {
    const rules = JSON.stringify({
      groups: [
        {
          name: 'g',
          interval: '100ms',
          rules: [
            {
              alert: 'A',
              expr: EXPR,
              annotations: Object.fromEntries(TEMPLATES.map((text, i) => [`t${i}`, text])),
            },
          ],
        },
      ],
    });
    using folder = tempDir('templates');
    const file = join(folder.path, 'rules.yml');
    writeFileSync(file, rules);
    const config = `{global: {external_labels: {region: eu}}, rule_files: ["${file}"]}`;
    const flags = ['--web.external-url=http://m.example/p/'];
    await using peer = await startPrometheus(config, [...flags, '--web.route-prefix=/']);
    await using server = await TestServer.start(config, { flags: [...flags, '--web.route-prefix=/'] });
    const [theirs, ours] = await Promise.all([peer.url, server.url].map(annotationsAt));
    for (const [i, text] of TEMPLATES.entries()) {
      const [theirText, ourText] = [theirs![`t${i}`]!, ours![`t${i}`]!];
      if (ERROR.test(theirText)) expect(ourText, `${text}: ${theirText}`).toMatch(ERROR);
      else expect(ourText, text).toBe(theirText);
    }
  });

  it.each(REFUSED)('refuse %s', async (text) => {
    using folder = tempDir('templates');
    const file = join(folder.path, 'rules.yml');
    const rule = { alert: 'A', expr: 'up', annotations: { a: text } };
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'g', rules: [rule] }] }));
    const checked = promisify(execFile)(findExecutable('promtool')!, ['check', 'rules', file]);
    await expect(checked).rejects.toThrow();
    expect(() => new Template(text)).toThrow();
  });
});

async function annotationsAt(url: string): Promise<Record<string, string>> {
  return waitFor(async () => {
    const answer = await fetch(`${url}/api/v1/alerts`);
    const { data } = (await answer.json()) as { data: { alerts: { annotations: Record<string, string> }[] } };
    return data.alerts[0]?.annotations;
  });
}

/** A number that Go reads as a float. */
function exponential(value: number): string {
  return value.toExponential();
}
