import * as fc from 'fast-check';
import type { RelabelConfig } from '../schema/relabelSchema.ts';

const name = fc.constantFrom('a', 'b', 'ab', 'a_b', '__meta_a', '__meta_b_a', '__tmp', 'job', 'zz');
const value = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'ab', 'A;b', 'a\nb', 'x-1', 'Prod', '10.0.0.1:80'),
  fc.string({ unit: fc.constantFrom('a', 'b', 'B', ';', '-', '1', ' '), maxLength: 6 }),
);
const regex = fc.constantFrom(
  '(.*)',
  '.*',
  '.+',
  'a',
  'a|b',
  '(a|b);?(.*)',
  'a.b',
  '(\\w)-(\\d+)',
  '[^;]*',
  '(?:__meta_)?(.+)',
  '__meta_(.+)',
  '(.)(.*)',
  'a(b)?',
  '',
);
const template = fc.constantFrom('$1', '${1}', '$2-$1', 'fixed', '', 'x${2}');
const sources = fc.array(name, { maxLength: 3 });

/** Few names and values, so that rules meet them. */
export const arbitraryLabels: fc.Arbitrary<Record<string, string>> = fc.dictionary(name, value, {
  maxKeys: 6,
  noNullPrototype: true,
});

/** Valid relabel steps of every action. Their label names keep to letters, digits and underscores. */
export const arbitraryRelabels: fc.Arbitrary<RelabelConfig[]> = fc.array(
  fc.oneof<fc.Arbitrary<RelabelConfig>[]>(
    fc.record(
      {
        source_labels: sources,
        separator: fc.constantFrom(';', '', '-'),
        regex,
        target_label: fc.oneof(name, fc.constantFrom('x_$1', '${1}', 'y')),
        replacement: template,
      },
      { requiredKeys: ['target_label'] },
    ),
    fc.record({ action: fc.constantFrom('keep', 'drop'), source_labels: sources, regex }),
    fc.record({
      action: fc.constantFrom('keepequal', 'dropequal', 'lowercase', 'uppercase'),
      source_labels: sources,
      target_label: name,
    }),
    fc.record({
      action: fc.constant('hashmod'),
      source_labels: sources,
      target_label: name,
      modulus: fc.integer({ min: 1, max: 2 ** 40 }),
    }),
    fc.record({
      action: fc.constant('labelmap'),
      regex: fc.constantFrom('__meta_(.+)', '(?:__meta_)?(.+)', '(.)(.*)', '(.*)', '(a|b|_)+b?(.*)'),
      replacement: fc.constantFrom('$1', '${1}', 'x_$1', 'm'),
    }),
    fc.record({
      action: fc.constantFrom('labeldrop', 'labelkeep'),
      regex: fc.constantFrom('a', 'a.*', '__meta_.+', 'b|zz'),
    }),
  ),
  { maxLength: 5 },
);
