import { createHash } from 'node:crypto';
import { hashSync } from 'bcryptjs';
import { expect, test } from 'vitest';
import { CheckQueueFullError } from './checkQueue.ts';
import { Credentials } from './credentials.ts';

const basic = (name: string, password: string) =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
const sha256 = (token: string) => createHash('sha256').update(token).digest('hex');
const users = { alice: hashSync('pässword:1', 4), bob: hashSync('bob', 4) };
const tokens = { ci: sha256('token-1'), old: hashSync('token-2', 4), upper: sha256('token-3').toUpperCase() };

test('a user is let in by the password', async () => {
  const credentials = new Credentials(users, {});
  expect(await credentials.check(basic('alice', 'pässword:1'))).toEqual({ kind: 'basic', name: 'alice' });
  expect(await credentials.check(basic('bob', 'bob').replace('Basic', 'bAsIc'))).toEqual({
    kind: 'basic',
    name: 'bob',
  });
});

test('a token is let in by its digest or its bcrypt hash', async () => {
  const credentials = new Credentials({}, tokens);
  expect(await credentials.check('Bearer token-1')).toEqual({ kind: 'bearer', name: 'ci' });
  expect(await credentials.check('bearer token-2')).toEqual({ kind: 'bearer', name: 'old' });
  expect(await credentials.check('Bearer token-3')).toEqual({ kind: 'bearer', name: 'upper' });
});

test.each([
  undefined,
  '',
  'Basic',
  'Basic !!!',
  `Basic ${Buffer.from('alice').toString('base64')}`,
  basic('alice', 'wrong'),
  basic('alice', ''),
  basic('bob', 'pässword:1'),
  basic('mallory', 'bob'),
  basic('__proto__', 'x'),
  'Bearer token-9',
  `Bearer ${tokens.ci}`,
  'Digest token-1',
  'token-1',
])('%s is refused', async (header) => {
  expect(await new Credentials(users, tokens).check(header)).toBeUndefined();
});

test('what is not configured is not let in by the other scheme', async () => {
  expect(await new Credentials(users, {}).check('Bearer token-1')).toBeUndefined();
  expect(await new Credentials({}, tokens).check(basic('alice', 'pässword:1'))).toBeUndefined();
});

test('the challenges name the schemes that are configured', () => {
  expect(new Credentials(users, {}).challenges).toEqual([expect.stringMatching(/^Basic /)]);
  expect(new Credentials(users, tokens).challenges).toEqual([
    expect.stringMatching(/^Basic /),
    expect.stringMatching(/^Bearer /),
  ]);
  expect(new Credentials({}, {}).isEmpty).toBe(true);
});

test('a right password costs bcrypt once, a wrong one and an unknown user cost it every time', async () => {
  const credentials = new Credentials({ alice: hashSync('right', 9) }, {});
  const cost = async (header: string): Promise<number> => {
    const before = process.cpuUsage();
    await credentials.check(header);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const first = await cost(basic('alice', 'right'));
  const again = await cost(basic('alice', 'right'));
  const wrong = await cost(basic('alice', 'wrong'));
  const wrongAgain = await cost(basic('alice', 'wrong'));
  const unknown = await cost(basic('mallory', 'right'));
  expect(again).toBeLessThan(first / 4);
  for (const each of [wrong, wrongAgain, unknown]) expect(each).toBeGreaterThan(first / 4);
});

test('more attempts than the queue holds are refused, and the same attempt is made once', async () => {
  const credentials = new Credentials(users, {});
  const same = await Promise.all(Array.from({ length: 100 }, () => credentials.check(basic('bob', 'bob'))));
  expect(new Set(same.map((principal) => principal?.name))).toEqual(new Set(['bob']));
  const attempts = Array.from({ length: 100 }, (_, at) => credentials.check(basic('alice', `guess ${at}`)));
  const outcomes = await Promise.allSettled(attempts);
  const refused = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
  expect(refused).toHaveLength(68);
  expect(refused[0]!.reason).toBeInstanceOf(CheckQueueFullError);
  expect(await credentials.check(basic('alice', 'pässword:1'))).toMatchObject({ name: 'alice' });
});
