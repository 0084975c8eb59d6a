import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FUNCTIONS } from '../parser/functions.ts';
import { AGGREGATORS } from '../parser/token.ts';
import { runScript } from './runScript.ts';
import { parseScript } from './script.ts';

const folder = join(import.meta.dirname, '..', 'testdata');
const scripts = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

describe('the own cases', () => {
  it.each(scripts)('$name', ({ text }) => {
    const failures = runScript(text).filter(({ failure }) => failure !== undefined);
    expect(failures).toEqual([]);
  });

  const queries = scripts.flatMap(({ text }) =>
    parseScript(text).flatMap((command) => (command.kind === 'eval' ? [command.query] : [])),
  );
  const operators = '@ + - * / % ^ atan2 == != > < >= <= and or unless </ >/'.split(' ');
  const modifiers =
    'offset anchored smoothed bool on ignoring group_left group_right fill fill_left fill_right by without';

  it.each([
    ...[...FUNCTIONS.keys(), ...AGGREGATORS, ...modifiers.split(' ')].map(
      (word) => [word, new RegExp(`\\b${word}\\b`)] as const,
    ),
    ...operators.map((operator) => [operator, operator] as const),
  ])('speak of %s', (_, wanted) => {
    const found = queries.some((query) =>
      typeof wanted === 'string' ? ` ${query} `.includes(` ${wanted} `) : wanted.test(query),
    );
    expect(found).toBe(true);
  });
});
