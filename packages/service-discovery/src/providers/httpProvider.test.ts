import type { ServerResponse } from 'node:http';
import { FakeClock, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { collect } from '../testing/collect.ts';
import { httpFake, sendJson } from '../testing/httpFake.ts';
import { planHttp } from './httpProvider.ts';

it('asks at every interval, and replaces what it knew', async () => {
  let groups: unknown = [{ targets: ['a:1', 'b:1'], labels: { zone: 'z' } }, { targets: ['c:1'] }];
  await using server = await httpFake((_, response) =>
    sendJson(response, groups, { 'content-type': 'application/json; charset=UTF-8' }),
  );
  const clock = new FakeClock();
  const url = `${server.url}/targets`;
  await using found = collect(planHttp({ url, refresh_interval: '90s', bearer_token: 't' }), { clock });
  await found.provider.start();
  await waitFor(() => found.reports === 1);
  expect(found.targets()).toEqual([
    { __address__: 'a:1', __meta_url: url, zone: 'z' },
    { __address__: 'b:1', __meta_url: url, zone: 'z' },
    { __address__: 'c:1', __meta_url: url },
  ]);
  expect(server.requests[0]!.headers).toMatchObject({
    accept: 'application/json',
    authorization: 'Bearer t',
    'x-prometheus-refresh-interval-seconds': '90',
  });
  groups = [{ targets: ['d:1'] }];
  await waitFor(() => clock.pending === 1);
  clock.advance(90_000);
  await waitFor(() => found.reports === 2);
  expect(found.addresses()).toEqual(['d:1']);
});

it('keeps the targets while the endpoint does not answer as it should', async () => {
  const good = (response: ServerResponse): void => sendJson(response, [{ targets: ['a:1'] }]);
  const answers: ((response: ServerResponse) => void)[] = [
    good,
    (response) => response.writeHead(500, { 'content-type': 'application/json' }).end('[]'),
    (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('[]'),
    (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('[{"targets"'),
    (response) => sendJson(response, [{ targets: 'a:1' }]),
    (response) => void response.socket!.destroy(),
  ];
  let next = 0;
  await using server = await httpFake((_, response) =>
    answers[Math.min(next, answers.length - 1)]!(response),
  );
  const clock = new FakeClock();
  await using found = collect(planHttp({ url: server.url }), { clock });
  await found.provider.start();
  await waitFor(() => found.reports === 1);
  for (next = 1; next < answers.length; next++) {
    await waitFor(() => clock.pending === 1);
    clock.advance(60_000);
    await waitFor(() => found.errors.length === next, { what: `failure ${next}` });
    expect(found.addresses()).toEqual(['a:1']);
  }
  expect(found.errors[0]!.message).toContain('found status 500');
  expect(found.errors[1]!.message).toContain('text/html');
});

it('does not wait for an endpoint that hangs, and stops at once', async () => {
  await using server = await httpFake(() => undefined);
  const found = collect(planHttp({ url: server.url }));
  await found.provider.start();
  await waitFor(() => server.requests.length === 1);
  await found.provider.stop();
  expect(found.errors).toEqual([]);
});

it('refuses URLs that are none', () => {
  for (const url of ['targets', 'ftp://x/y']) {
    expect(() => planHttp({ url })).toThrow(expect.objectContaining({ code: 'SD_BAD_CONFIG' }));
  }
});
