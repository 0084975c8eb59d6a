import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { occurrence } from '../testing/fakeTarget.ts';
import { PushedServer } from '../testing/pusher.ts';

const payload = (count: number, extra: object = {}) => ({
  aggregated_errors: [
    {
      aggregation_key: 'k',
      total_count: count,
      severity: 'error',
      created_at: '2026-01-15T14:00:00Z',
      latest_errors: [occurrence()],
    },
  ],
  target_uuid: 'job-1',
  ...extra,
});

describe('push', () => {
  it('counts once what is pushed again, late or in another order', async () => {
    await using fleet = await PushedServer.start(':memory:');
    const push = (body: unknown) => fleet.server.post<{ added: number }>('/api/v1/push?service=jobs', body);
    const first = payload(2);
    expect(await push(first)).toEqual({ accepted: 1, added: 2, rejected: 0 });
    expect((await push(first)).added).toBe(0);
    expect((await push(payload(5))).added).toBe(3);
    expect((await push(first)).added).toBe(0);
    expect((await push(payload(6))).added).toBe(1);
    expect(await fleet.server.totals()).toEqual({ k: 6 });
  });

  it('takes instance and version of the query, or of the payload', async () => {
    await using fleet = await PushedServer.start(':memory:');
    await fleet.server.post(
      '/api/v1/push?service=jobs&instance=cron-1&version=7',
      payload(1, { target_uuid: '' }),
    );
    await fleet.server.post(
      '/api/v1/push',
      payload(1, { service: 'jobs', version: '8', target_uuid: 'other' }),
    );
    const [listed] = await fleet.server.list();
    expect(listed).toMatchObject({ service: 'jobs', totalCount: 2, versions: ['8', '7'] });
    const detail = await fleet.server.get<{ byInstance: { instance: string }[] }>(
      `/api/v1/exceptions/${listed!.id}`,
    );
    expect(detail.byInstance.map(({ instance }) => instance)).toContain('cron-1');
  });

  it('tells two jobs without a target_uuid apart by instance', async () => {
    await using fleet = await PushedServer.start(':memory:');
    for (const instance of ['a', 'b', 'a']) {
      await fleet.server.post(
        `/api/v1/push?service=jobs&instance=${instance}`,
        payload(2, { target_uuid: undefined }),
      );
    }
    expect(await fleet.server.totals()).toEqual({ k: 4 });
  });

  it('reads gzip, and any Content-Type', async () => {
    await using fleet = await PushedServer.start(':memory:');
    const response = await fetch(`${fleet.server.url}/push/jobs/errors`, {
      method: 'POST',
      headers: { 'content-type': 'text/weird', 'content-encoding': 'gzip' },
      body: gzipSync(JSON.stringify(payload(3))),
    });
    expect([response.status, await response.json()]).toEqual([200, { accepted: 1, added: 3, rejected: 0 }]);
  });

  it('keeps the good part of a bad payload', async () => {
    await using fleet = await PushedServer.start(':memory:');
    const body = payload(3);
    (body.aggregated_errors as unknown[]).push('nonsense', { aggregation_key: 'x', total_count: -1 });
    expect(await fleet.server.post('/api/v1/push?service=jobs', body)).toEqual({
      accepted: 1,
      added: 3,
      rejected: 2,
    });
    expect(
      await fleet.server.metric('exception_server_rejected_total{service="jobs",reason="count_malformed"}'),
    ).toMatch(/ 1$/);
  });

  it.each([
    ['no service', '/api/v1/push', '{}', {}, 400, 'EXCEPTIONS_BAD_REQUEST'],
    ['an empty body', '/api/v1/push?service=a', '', {}, 400, 'EXCEPTIONS_BAD_PAYLOAD'],
    ['broken JSON', '/api/v1/push?service=a', '{"a', {}, 400, 'EXCEPTIONS_BAD_PAYLOAD'],
    ['a list', '/api/v1/push?service=a', '[]', {}, 400, 'EXCEPTIONS_BAD_PAYLOAD'],
    ['deep nesting', '/api/v1/push?service=a', '['.repeat(1000), {}, 400, 'EXCEPTIONS_PAYLOAD_TOO_DEEP'],
    ['too much', '/api/v1/push?service=a', ' '.repeat(2000), {}, 413, 'EXCEPTIONS_PAYLOAD_TOO_LARGE'],
    [
      'a gzip bomb',
      '/api/v1/push?service=a',
      gzipSync(Buffer.alloc(5_000_000)),
      { 'content-encoding': 'gzip' },
      413,
      'EXCEPTIONS_PAYLOAD_TOO_LARGE',
    ],
    [
      'broken gzip',
      '/api/v1/push?service=a',
      'x',
      { 'content-encoding': 'gzip' },
      400,
      'EXCEPTIONS_BAD_PAYLOAD',
    ],
    [
      'an unknown encoding',
      '/api/v1/push?service=a',
      'x',
      { 'content-encoding': 'br' },
      415,
      'EXCEPTIONS_UNSUPPORTED_ENCODING',
    ],
  ])('refuses %s', async (_, path, body, headers, status, code) => {
    await using fleet = await PushedServer.start(':memory:', 'limits: {body_size: 1KB}');
    const response = await fetch(fleet.server.url + path, {
      method: 'POST',
      body,
      headers: headers as Record<string, string>,
    });
    expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([
      status,
      code,
    ]);
    expect(await fleet.server.totals()).toEqual({});
  });

  it('can be switched off, and keeps to the limits of services and targets', async () => {
    await using off = await PushedServer.start(':memory:', 'push: {enabled: false}');
    await expect(off.report('k')).rejects.toThrow(/403.*PUSH_DISABLED/);
    await using few = await PushedServer.start(':memory:', 'limits: {services: 1, targets_per_service: 1}');
    await few.report('k');
    await expect(few.report('k', { service: 'second' })).rejects.toThrow(/429.*TOO_MANY_SERVICES/);
    await expect(few.report('k', { target: 'second' })).rejects.toThrow(/429.*TOO_MANY_TARGETS/);
    await few.report('k');
    expect(await few.server.totals()).toEqual({ k: 2 });
    few.clock.advance(2 * 3_600_000);
    await few.report('k', { target: 'after a restart' });
    expect(await few.server.totals()).toEqual({ k: 3 });
  });
});
