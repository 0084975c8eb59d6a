import { expect, it } from 'vitest';
import { TestServer } from '../testing/server.ts';

const NOW = Math.floor(Date.now() / 1000);

it('stores every sample of series of different lengths in one request', async () => {
  await using server = await TestServer.start();
  const lengths = [3, 0, 1, 5];
  const answer = await server.write1(
    lengths.map((length, i) => ({
      labels: { __name__: 'x', i: String(i) },
      samples: Array.from({ length }, (_, k) => [NOW - 60 + 10 * k, 100 * i + k] as const),
    })),
  );
  expect(answer.status).toBe(204);
  expect(await server.query('count_over_time(x[5m])', NOW)).toEqual({
    '{i="0"}': '3',
    '{i="2"}': '1',
    '{i="3"}': '5',
  });
  expect(await server.query('last_over_time(x[5m])', NOW)).toEqual({
    '{__name__="x", i="0"}': '2',
    '{__name__="x", i="2"}': '200',
    '{__name__="x", i="3"}': '304',
  });
});
