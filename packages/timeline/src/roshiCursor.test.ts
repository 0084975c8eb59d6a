import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeRoshiCursor, encodeRoshiCursor } from './roshiCursor.ts';

test('writes the cursors that roshi-server writes', () => {
  expect(encodeRoshiCursor({ score: 10, member: 'c' })).toBe('4621819117588971520AYw==');
  expect(decodeRoshiCursor('4621819117588971520AYw==')).toEqual({ score: 10, member: 'c' });
  expect(decodeRoshiCursor('123A')).toMatchObject({ member: '' });
});

test('refuses cursors that roshi-server refuses', () => {
  for (const bad of [
    '',
    'abc',
    '4621819117588971520AYw',
    '4621819117588971520AY',
    '-1AYw==',
    '18446744073709551616A',
    '1A+/8=',
  ]) {
    expect(() => decodeRoshiCursor(bad)).toThrow(expect.objectContaining({ code: 'INVALID_CURSOR' }));
  }
});

test('every position survives', () => {
  const member = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  fc.assert(
    fc.property(fc.double({ noNaN: true }), member, (score, bytes) => {
      expect(decodeRoshiCursor(encodeRoshiCursor({ score, member: bytes }))).toEqual({
        score,
        member: bytes,
      });
    }),
  );
});
