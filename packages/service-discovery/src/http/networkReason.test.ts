import { freePort } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { createHttpClient, networkReason } from '../index.ts';

it('says in words why a request got no answer', async () => {
  const client = createHttpClient({}, { baseDir: '.' });
  const port = await freePort();
  const reason = (url: string): Promise<string> => client.request(url).then(() => 'answered', networkReason);
  expect(await reason(`http://127.0.0.1:${port}/`)).toBe(
    `connection refused, nothing listens there: 127.0.0.1:${port} (ECONNREFUSED)`,
  );
  expect(await reason(`http://localhost:${port}/`)).toMatch(/^connection refused.*\(ECONNREFUSED\)$/);
  expect(await reason('http://no-such-host.invalid/')).toMatch(
    /no-such-host\.invalid \((ENOTFOUND|EAI_AGAIN)\)$/,
  );
  await client.close();
});

it('keeps what it has no words for', () => {
  expect(networkReason(new Error('unable to verify the first certificate'))).toBe(
    'unable to verify the first certificate',
  );
  expect(networkReason('odd')).toBe('odd');
});
