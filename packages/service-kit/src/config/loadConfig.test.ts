import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@binnacle/testing';
import * as fc from 'fast-check';
import { Type } from 'typebox';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from '../errors.ts';
import { Duration, HttpUrl, Secret, Size } from './configTypes.ts';
import { loadConfig, parseConfig } from './loadConfig.ts';

const Target = Type.Object({
  name: Type.String({ minLength: 1 }),
  interval: Duration({ default: '30s' }),
  targets: Type.Array(Type.String(), { default: [] }),
  labels: Type.Record(Type.String(), Type.String(), { default: {} }),
});
const schema = Type.Object({
  port: Type.Integer({ minimum: 1, maximum: 65_535, default: 80 }),
  mode: Type.Optional(Type.Enum(['strict', 'lenient'])),
  ratio: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
  enabled: Type.Boolean({ default: false }),
  url: Type.Optional(HttpUrl()),
  size: Type.Optional(Size()),
  password: Type.Optional(Secret({ minLength: 4 })),
  storage: Type.Optional(
    Type.Union([
      Type.String(),
      Type.Object({ kind: Type.Literal('sqlite'), path: Type.String() }),
      Type.Object({ kind: Type.Literal('postgres'), url: Type.String() }),
    ]),
  ),
  limit: Type.Optional(
    Type.Intersect([Type.Object({ a: Type.Number() }), Type.Object({ b: Type.Number() })]),
  ),
  services: Type.Array(Target, { default: [], maxItems: 3 }),
});

const parse = (text: string) => parseConfig('c.yml', text, schema);

test('defaults are filled in and durations and sizes are decoded', () => {
  expect(parse('size: 2MB\nservices: [{name: a}, {name: b, interval: 1m30s}]')).toEqual({
    port: 80,
    enabled: false,
    size: 2 * 1024 * 1024,
    services: [
      { name: 'a', interval: 30_000, targets: [], labels: {} },
      { name: 'b', interval: 90_000, targets: [], labels: {} },
    ],
  });
});

test('an empty file, a comment and empty values are a configuration of defaults', () => {
  for (const text of ['', '# nothing\n', 'services:\nport:\n', '---\n']) {
    expect(parse(text)).toEqual({ port: 80, enabled: false, services: [] });
  }
});

test('a scalar where a text is expected is taken as it is written', () => {
  const { services } = parse(
    'services: [{name: 007, targets: [8080, 1.50, true], labels: {dc: 1e3, y: no}}]',
  );
  expect(services[0]).toMatchObject({
    name: '007',
    targets: ['8080', '1.50', 'true'],
    labels: { dc: '1e3', y: 'no' },
  });
});

test('more scalars than one message lists are taken as texts', () => {
  const targets = Array.from({ length: 250 }, (_, at) => at);
  expect(
    parse(`services: [{name: a, targets: ${JSON.stringify(targets)}}]`).services[0]!.targets,
  ).toHaveLength(250);
});

test('anchors, aliases and merge keys work', () => {
  const { services } = parse('services:\n- &a {name: a, interval: 5s}\n- {<<: *a, name: b}\n');
  expect(services.map(({ name, interval }) => [name, interval])).toEqual([
    ['a', 5000],
    ['b', 5000],
  ]);
});

test.each([
  ['prot: 1', 'c.yml:1:1: prot: unknown key "prot"; did you mean port?'],
  [
    'services:\n  - name: a\n    zzz: 1',
    'c.yml:3:5: services[0].zzz: unknown key "zzz"; known here: name, interval, targets, labels',
  ],
  [
    'services:\n  - name: a\n    Interval: 5s',
    'c.yml:3:5: services[0].Interval: unknown key "Interval"; did you mean interval?',
  ],
  ['limit: {a: 1, b: 2, c: 3}', 'c.yml:1:21: limit.c: unknown key "c"; known here: a, b'],
  [
    'storage: {kind: sqlite, path: a, url: b}',
    'c.yml:1:34: storage.url: unknown key "url"; known here: kind, path',
  ],
  ['"a b": 1', 'c.yml:1:1: ["a b"]: unknown key "a b"; known here: '],
  ['port: 0', 'c.yml:1:7: port: expected a whole number of at least 1 and at most 65535; found 0'],
  ['port: 1.5', 'c.yml:1:7: port: expected a whole number of at least 1 and at most 65535; found 1.5'],
  ['port: "80"', 'c.yml:1:7: port: expected a whole number of at least 1 and at most 65535; found "80"'],
  ['ratio: 0', 'c.yml:1:8: ratio: expected a number of more than 0 and at most 1; found 0'],
  ['mode: strct', 'c.yml:1:7: mode: expected one of strict, lenient; found "strct"'],
  ['enabled: yes', 'c.yml:1:10: enabled: expected true or false; found "yes"'],
  ['url: example.com', 'c.yml:1:6: url: expected a URL such as https://example.com; found "example.com"'],
  ['size: big', 'c.yml:1:7: size: expected a size such as 512MB; found "big"'],
  [
    'password: abc',
    'c.yml:1:11: password: expected a text of at least 4 characters; found a secret that is not shown',
  ],
  ['services: nope', 'c.yml:1:11: services: expected a list of 0 to 3; found "nope"'],
  [
    'services: [{name: a},{name: a},{name: a},{name: a}]',
    'c.yml:1:11: services: expected a list of 0 to 3; found a list of 4',
  ],
  ['services: [a]', 'c.yml:1:12: services[0]: expected a mapping of keys to values; found "a"'],
  [
    'services: [{interval: 5s}]',
    'c.yml:1:12: services[0]: the key "name" is missing; expected a text that is not empty',
  ],
  ['services: [{name: ""}]', 'c.yml:1:19: services[0].name: expected a text that is not empty; found ""'],
  [
    'services: [{name: [1]}]',
    'c.yml:1:19: services[0].name: expected a text that is not empty; found a list of 1',
  ],
  [
    'services: [{name: a, interval: 5}]',
    'c.yml:1:32: services[0].interval: expected a duration such as 30s or 5m; found "5"',
  ],
  [
    'services: [{name: a, labels: {x: {}}}]',
    'c.yml:1:34: services[0].labels.x: expected a text; found a mapping',
  ],
  [
    'services: [{name: a, targets: [a, ]}, ]\nport: {}',
    'c.yml:2:7: port: expected a whole number of at least 1 and at most 65535; found a mapping',
  ],
  ['storage: [1]', 'c.yml:1:10: storage: expected a text or a mapping of keys to values; found a list of 1'],
  ['storage: {kind: sqlite}', 'c.yml:1:10: storage: the key "path" is missing; expected a text'],
  ['- a', 'c.yml:1:1: expected a mapping of keys to values; found a list of 1'],
  ['just text', 'c.yml:1:1: expected a mapping of keys to values; found "just text"'],
])('%j is refused with its place and reason', (text, message) => {
  expect(messageOf(text)).toContain(message);
});

test.each([
  ['port: 1\nport: 2', 'c.yml:2:1: not valid YAML: Map keys must be unique'],
  ['a: [1', 'c.yml:1:6: not valid YAML: '],
  ['a: "x', 'c.yml:1:6: not valid YAML: '],
  ['a:\n\t- b', 'c.yml:2:1: not valid YAML: '],
  ['a: *nope', 'not valid YAML: Unresolved alias'],
  ['a: 1\n---\nb: 1', 'not valid YAML: '],
])('%j is not YAML', (text, message) => {
  expect(messageOf(text)).toContain(message);
});

test('a document that grows by its aliases is refused', () => {
  const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]'];
  for (let at = 1; at < 9; at++)
    lines.push(
      `a${at}: &a${at} [${Array(10)
        .fill(`*a${at - 1}`)
        .join(',')}]`,
    );
  expect(messageOf(lines.join('\n'))).toContain('not valid YAML: Excessive alias count');
});

test('every problem is listed, a line each', () => {
  const text = 'port: x\nprot: 1\nmode: z\nservices:\n' + '  - nme: q\n'.repeat(3);
  const lines = messageOf(text).split('\n');
  expect(lines.map((line) => line.split(' ')[0])).toEqual(
    expect.arrayContaining([
      'c.yml:1:7:',
      'c.yml:2:1:',
      'c.yml:3:7:',
      'c.yml:5:5:',
      'c.yml:6:5:',
      'c.yml:7:5:',
    ]),
  );
  expect(lines).toHaveLength(9);
});

test('a file that cannot be read says why', async () => {
  using folder = tempDir('config');
  await expect(loadConfig(join(folder.path, 'none.yml'), schema)).rejects.toThrow(
    'no such file; check the path',
  );
  await expect(loadConfig(folder.path, schema)).rejects.toThrow('it is a folder; name a file');
  const file = join(folder.path, 'large.yml');
  writeFileSync(file, '#'.repeat(16 * 1024 * 1024 + 1));
  await expect(loadConfig(file, schema)).rejects.toThrow('at most 16777216 are read');
});

test('property: a valid configuration reads back as it was written', () => {
  const name = fc.string({ minLength: 1 });
  const target = fc.record({
    name,
    interval: fc.nat(1e6).map((ms) => `${ms}ms`),
    targets: fc.array(fc.string()),
    labels: fc.dictionary(
      name.filter((key) => key !== '__proto__' && key !== '<<'),
      fc.string(),
    ),
  });
  fc.assert(
    fc.property(fc.array(target, { maxLength: 3 }), fc.integer({ min: 1, max: 65_535 }), (services, port) => {
      const expected = services.map((each) => ({ ...each, interval: Number.parseInt(each.interval) }));
      expect(parse(stringify({ services, port }))).toEqual({ enabled: false, port, services: expected });
    }),
  );
});

test('property: no text does anything but parse or give a ConfigError with places', () => {
  const yaml = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((json) => `services: [${json}]`),
  );
  fc.assert(
    fc.property(yaml, (text) => {
      try {
        parse(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        for (const { line, column, message } of (error as ConfigError).problems) {
          expect(Math.min(line, column)).toBeGreaterThan(0);
          expect(message).not.toBe('');
        }
      }
    }),
  );
});

function messageOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('was accepted');
}
