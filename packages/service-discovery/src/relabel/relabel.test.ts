import { createHash } from 'node:crypto';
import { Labels } from '@binnacle/model';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryLabels, arbitraryRelabels } from '../testing/arbitraries.ts';
import { compileRelabel, compileRelabels, relabel, relabelSteps, type RelabelConfig } from '../index.ts';

function run(
  labels: Record<string, string>,
  ...configs: RelabelConfig[]
): Record<string, string> | undefined {
  return relabel(Labels.from(labels), compileRelabels(configs))?.toJSON();
}

describe('actions', () => {
  const cases: [string, RelabelConfig, Record<string, string>, Record<string, string> | undefined][] = [
    [
      'replace copies by default',
      { source_labels: ['a'], target_label: 'b' },
      { a: 'x' },
      { a: 'x', b: 'x' },
    ],
    [
      'replace joins with a semicolon',
      { source_labels: ['a', 'none', 'b'], target_label: 'c' },
      { a: '1', b: '2' },
      { a: '1', b: '2', c: '1;;2' },
    ],
    [
      'replace joins with the separator',
      { source_labels: ['a', 'b'], separator: '', target_label: 'c' },
      { a: '1', b: '2' },
      { a: '1', b: '2', c: '12' },
    ],
    [
      'replace expands $1, ${2} and ${name} in both the label and the value',
      {
        source_labels: ['a'],
        regex: '(\\w+)-(?P<rest>.+)',
        target_label: 'x_${1}',
        replacement: '${rest}/$1/$3/$$',
      },
      { a: 'foo-bar' },
      { a: 'foo-bar', x_foo: 'bar/foo//$' },
    ],
    [
      'replace takes the longest name after $',
      { source_labels: ['a'], target_label: 'b', replacement: '$1x' },
      { a: 'v' },
      { a: 'v' },
    ],
    [
      'replace is anchored at both ends',
      { source_labels: ['a'], regex: 'o', target_label: 'b', replacement: 'hit' },
      { a: 'foo' },
      { a: 'foo' },
    ],
    [
      'replace has a dot that matches newlines',
      { source_labels: ['a'], regex: 'a.b', target_label: 'c', replacement: 'hit' },
      { a: 'a\nb' },
      { a: 'a\nb', c: 'hit' },
    ],
    [
      'replace with an empty result deletes the label',
      { source_labels: ['a'], regex: 'x', target_label: 'b', replacement: '' },
      { a: 'x', b: 'y' },
      { a: 'x' },
    ],
    [
      'replace that does not match changes nothing',
      { source_labels: ['a'], regex: 'no', target_label: 'b', replacement: '' },
      { a: 'x', b: 'y' },
      { a: 'x', b: 'y' },
    ],
    ['replace without source labels sets', { target_label: 'b', replacement: 'fix' }, {}, { b: 'fix' }],
    ['keep keeps a match', { action: 'keep', source_labels: ['a'], regex: 'x|y' }, { a: 'y' }, { a: 'y' }],
    ['keep drops the rest', { action: 'keep', source_labels: ['a'], regex: 'x|y' }, { a: 'xy' }, undefined],
    ['drop drops a match', { action: 'drop', source_labels: ['a'], regex: '' }, {}, undefined],
    ['drop keeps the rest', { action: 'Drop', source_labels: ['a'], regex: 'x' }, { a: 'y' }, { a: 'y' }],
    [
      'keepequal keeps equal values',
      { action: 'keepequal', source_labels: ['a'], target_label: 'b' },
      { a: '1', b: '1' },
      { a: '1', b: '1' },
    ],
    [
      'keepequal drops unequal values',
      { action: 'keepequal', source_labels: ['a'], target_label: 'b' },
      { a: '1' },
      undefined,
    ],
    [
      'dropequal drops equal values',
      { action: 'dropequal', source_labels: ['a'], target_label: 'b' },
      { a: '1', b: '1' },
      undefined,
    ],
    [
      'dropequal keeps unequal values',
      { action: 'dropequal', source_labels: ['a'], target_label: 'b' },
      { a: '1' },
      { a: '1' },
    ],
    [
      'hashmod takes the last eight bytes of the MD5 sum',
      { action: 'hashmod', source_labels: ['c'], target_label: 'd', modulus: 1000 },
      { c: 'baz' },
      { c: 'baz', d: '976' },
    ],
    [
      'labelmap copies by name',
      { action: 'labelmap', regex: '__meta_(.+)' },
      { __meta_zone: 'z', a: 'b' },
      { __meta_zone: 'z', a: 'b', zone: 'z' },
    ],
    [
      'labelmap gives a clash to the last',
      { action: 'labelmap', regex: 'm_[ab]_(.+)' },
      { m_b_x: '2', m_a_x: '1' },
      { m_a_x: '1', m_b_x: '2', x: '2' },
    ],
    ['labeldrop', { action: 'labeldrop', regex: 'a.*' }, { a: '1', ab: '2', ba: '3' }, { ba: '3' }],
    ['labelkeep', { action: 'labelkeep', regex: 'a.*' }, { a: '1', ab: '2', ba: '3' }, { a: '1', ab: '2' }],
    [
      'lowercase maps characters one for one',
      { action: 'lowercase', source_labels: ['a'], target_label: 'a' },
      { a: 'ΟΔΟΣ İX' },
      { a: 'οδοσ ix' },
    ],
    [
      'uppercase maps characters one for one',
      { action: 'uppercase', source_labels: ['a'], target_label: 'a' },
      { a: 'straße ᾀ 𐐨' },
      { a: 'STRAßE ᾈ 𐐀' },
    ],
  ];
  it.each(cases)('%s', (_, config, before, after) => {
    expect(run(before, config)).toEqual(after);
  });
});

it('refuses what does not fit the action, with a stable code', () => {
  const cases: [RelabelConfig, string][] = [
    [{ action: 'rename' }, 'RELABEL_BAD_ACTION'],
    [{ action: 'keep', regex: '(' }, 'RELABEL_BAD_REGEX'],
    [{ action: 'keep', regex: '(?=x)' }, 'RELABEL_BAD_REGEX'],
    [{ action: 'hashmod', source_labels: ['a'], target_label: 'b' }, 'RELABEL_BAD_MODULUS'],
    [{ source_labels: ['a'] }, 'RELABEL_MISSING_TARGET_LABEL'],
    [{ action: 'keepequal', source_labels: ['a'] }, 'RELABEL_MISSING_TARGET_LABEL'],
    [{ action: 'lowercase', target_label: 'a', replacement: 'x' }, 'RELABEL_EXTRA_FIELD'],
    [{ action: 'dropequal', source_labels: ['a'], target_label: 'b', regex: 'x' }, 'RELABEL_EXTRA_FIELD'],
    [{ action: 'labeldrop', regex: 'x', target_label: 'a' }, 'RELABEL_EXTRA_FIELD'],
    [{ action: 'labelkeep', regex: 'x', source_labels: [] }, 'RELABEL_EXTRA_FIELD'],
    [{ action: 'labelmap', regex: 'x', replacement: '' }, 'RELABEL_BAD_REPLACEMENT'],
    [{ source_labels: [''], target_label: 'a' }, 'RELABEL_BAD_SOURCE_LABEL'],
  ];
  for (const [config, code] of cases) {
    expect(() => compileRelabel(config), JSON.stringify(config)).toThrow(expect.objectContaining({ code }));
  }
});

it('checks label names by the legacy rules on demand', () => {
  const legacy = { nameValidation: 'legacy' } as const;
  const dotted: RelabelConfig = { source_labels: ['a'], target_label: 'a.b' };
  expect(() => compileRelabel(dotted)).not.toThrow();
  expect(() => compileRelabel(dotted, legacy)).toThrow(
    expect.objectContaining({ code: 'RELABEL_BAD_TARGET_LABEL' }),
  );
  const templated = compileRelabel({ source_labels: ['a'], target_label: 'x_${1}' }, legacy);
  expect(relabel(Labels.from({ a: 'b.c' }), [templated])?.toJSON()).toEqual({ a: 'b.c' });
  expect(relabel(Labels.from({ a: 'b' }), [templated])?.toJSON()).toEqual({ a: 'b', x_b: 'b' });
});

it('names the rule that is wrong', () => {
  expect(() => compileRelabels([{ target_label: 'a' }, { action: 'keep', regex: '[' }])).toThrow(
    /relabel rule 2: .*RE2/,
  );
});

it('is not held up by a pattern that makes backtracking engines hang', () => {
  const evil = compileRelabels([
    { action: 'drop', source_labels: ['a'], regex: '(a+)+$' },
    { source_labels: ['a'], regex: '(?:(x|x|[^b])*)*y(.*)', target_label: 'b' },
  ]);
  const cpu = process.cpuUsage();
  expect(relabel(Labels.from({ a: `${'a'.repeat(20_000)}!` }), evil)?.size).toBe(1);
  expect(process.cpuUsage(cpu).user / 1e6).toBeLessThan(10);
});

it('does what a simple model does', () => {
  fc.assert(
    fc.property(arbitraryLabels, arbitraryRelabels, (labels, configs) => {
      expect(run(labels, ...configs)).toEqual(model(labels, configs));
    }),
    { numRuns: 2000 },
  );
});

it('shows the labels after each step', () => {
  fc.assert(
    fc.property(arbitraryLabels, arbitraryRelabels, (labels, configs) => {
      const compiled = compileRelabels(configs);
      const start = Labels.from(labels);
      const steps = relabelSteps(start, compiled);
      for (const [index, step] of steps.entries()) {
        const expected = relabel(start, compiled.slice(0, index + 1));
        expect(step.labels?.toJSON()).toEqual(expected?.toJSON());
        expect(step.config).toBe(compiled[index]);
      }
      const dropped = steps.findIndex((step) => step.labels === undefined);
      expect(steps.length).toBe(dropped < 0 ? compiled.length : dropped + 1);
    }),
  );
});

/** Relabeling with a map and JavaScript's own regular expressions: slow, short, and independent. */
function model(labels: Record<string, string>, configs: RelabelConfig[]): Record<string, string> | undefined {
  const current = new Map(Object.entries(labels).filter(([, value]) => value !== ''));
  const all = (): [string, string][] => [...current].sort(([a], [b]) => (a < b ? -1 : 1));
  const get = (name: string): string => current.get(name) ?? '';
  const remove = (name: string): void => void current.delete(name);
  const set = (name: string, value: string): void => {
    if (value === '') remove(name);
    else if (name !== '') current.set(name, value);
  };
  for (const { source_labels = [], separator = ';', target_label = '', ...rest } of configs) {
    const value = source_labels.map(get).join(separator);
    const regex = new RegExp(`^(?:${rest.regex ?? '(.*)'})$`, 's');
    const expand = (text: string, template: string): string =>
      template.replace(/\$\{?(\d)\}?/g, (_, n) => regex.exec(text)![Number(n)] ?? '');
    const { replacement = '$1', modulus = 0 } = rest;
    switch (rest.action ?? 'replace') {
      case 'keep':
        if (!regex.test(value)) return undefined;
        break;
      case 'drop':
        if (regex.test(value)) return undefined;
        break;
      case 'keepequal':
        if (get(target_label) !== value) return undefined;
        break;
      case 'dropequal':
        if (get(target_label) === value) return undefined;
        break;
      case 'replace':
        if (regex.test(value)) set(expand(value, target_label), expand(value, replacement));
        break;
      case 'lowercase':
        set(target_label, value.toLowerCase());
        break;
      case 'uppercase':
        set(target_label, value.toUpperCase());
        break;
      case 'hashmod': {
        const digest = createHash('md5').update(value).digest('hex').slice(16);
        set(target_label, String(BigInt(`0x${digest}`) % BigInt(modulus)));
        break;
      }
      case 'labelmap':
        for (const [name, text] of all()) if (regex.test(name)) set(expand(name, replacement), text);
        break;
      case 'labeldrop':
        for (const [name] of all()) if (regex.test(name)) remove(name);
        break;
      case 'labelkeep':
        for (const [name] of all()) if (!regex.test(name)) remove(name);
        break;
    }
  }
  return Object.fromEntries(all());
}
