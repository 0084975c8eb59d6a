import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { tempDir } from '@binnacle/testing';
import { Type, type TObject } from 'typebox';
import { expect, it } from 'vitest';
import { defineEvent } from '../defineEvent.ts';
import { checkSchemas, publishSchema } from './gate.ts';

const plays = (data: TObject): ReturnType<typeof defineEvent> =>
  defineEvent({ type: 'plays', version: 1, description: 'A track was played.', data });
const first = {
  track: Type.String(),
  seconds: Type.Number({ minimum: 0 }),
  note: Type.Optional(Type.String()),
};

function problemsOf(changed: TObject): readonly string[] {
  using folder = tempDir('schemas');
  publishSchema(plays(Type.Object(first)), folder.path);
  return checkSchemas([plays(changed)], folder.path).problems;
}

it.each([
  ['a new required field', Type.Object({ ...first, user: Type.String() }), /user became required/],
  [
    'a required field that goes',
    Type.Object({ track: first.track, note: first.note }),
    /seconds was required/,
  ],
  [
    'a field of another type',
    Type.Object({ ...first, track: Type.Number() }),
    /track type was "string" and is "number"/,
  ],
  [
    'a tighter bound',
    Type.Object({ ...first, seconds: Type.Number({ minimum: 1 }) }),
    /minimum was 0 and is 1/,
  ],
  ['a closed object', Type.Object(first, { additionalProperties: false }), /no field can ever be added/],
])('refuses %s', (_what, changed, message) => {
  expect(problemsOf(changed).join('\n')).toMatch(message);
});

it('accepts optional fields that come and go, and new descriptions', () => {
  expect(
    problemsOf(
      Type.Object({ track: first.track, seconds: first.seconds, user: Type.Optional(Type.String()) }),
    ),
  ).toEqual([]);
  expect(problemsOf(Type.Object({ ...first, track: Type.String({ description: 'which' }) }))).toEqual([]);
});

it('checks against every shape that was ever published, not only the last', () => {
  using folder = tempDir('schemas');
  publishSchema(plays(Type.Object(first)), folder.path);
  publishSchema(plays(Type.Object({ track: first.track, seconds: first.seconds })), folder.path);
  const reused = plays(Type.Object({ ...first, note: Type.Optional(Type.Number()) }));
  expect(checkSchemas([reused], folder.path).problems.join()).toMatch(/note type was "string".*v1\.1\.json/);
});

it('refuses a type that disappears', () => {
  using folder = tempDir('schemas');
  publishSchema(plays(Type.Object(first)), folder.path);
  expect(checkSchemas([], folder.path).problems.join()).toMatch(/plays was published and is gone/);
});

it('finds every schema of this repository kept and compatible', () => {
  const entry = fileURLToPath(new URL('main.ts', import.meta.url));
  const gate = spawnSync(process.execPath, ['-C', '@binnacle/source', entry], { encoding: 'utf8' });
  expect(gate.stderr).toBe('');
  expect(gate.status).toBe(0);
});
