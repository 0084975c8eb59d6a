import { createServer } from 'node:net';
import { freePort } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { createRandom } from './demo/random.ts';
import { parseOptions } from './options.ts';
import { Ports } from './ports.ts';

it('shifts a port that is taken, and never gives one out twice', async () => {
  const wished = await freePort();
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(wished, '127.0.0.1', resolve));
  const ports = new Ports();
  const first = await ports.claim(wished);
  const second = await ports.claim(wished);
  blocker.close();
  expect(first.port).toBeGreaterThan(wished);
  expect(second.port).toBeGreaterThan(first.port);
});

it('draws the same from the same seed', () => {
  const draw = (seed: number): number[] => {
    const random = createRandom(seed);
    return Array.from({ length: 5 }, () => random.next());
  };
  expect(draw(42)).toEqual(draw(42));
  expect(draw(42)).not.toEqual(draw(43));
});

it('says what is wrong with an option', () => {
  expect(() => parseOptions(['--rate=fast'], '/')).toThrow(
    /--rate: expected a whole number from 0 to 1000, found "fast"/,
  );
  expect(() => parseOptions(['--sed=1'], '/')).toThrow(/--sed/);
  expect(parseOptions(['--no-open', '--port', '5000'], '/')).toMatchObject({ open: false, port: 5000 });
});
