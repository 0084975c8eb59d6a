import * as fc from 'fast-check';
import { FakeClock, freePort, waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { startPushServer } from '../test/pushServer.ts';
import { createExceptionCollector, type ExceptionClientError, type PushOptions } from './index.ts';

/** A collector on a fake clock that pushes to `url`, and what went wrong with its pushes. */
function pushing(url: string, options: PushOptions = {}) {
  const clock = new FakeClock();
  const collector = createExceptionCollector({ service: 'my shop', clock });
  const failures: ExceptionClientError[] = [];
  const push = collector.pushTo(url, {
    intervalMs: 1_000,
    exitTimeoutMs: 1_000,
    onError: (error) => failures.push(error),
    ...options,
  });
  return { clock, collector, failures, push, [Symbol.asyncDispose]: () => collector.close() };
}

describe('pushTo', () => {
  it('posts the whole export to the push route, once per change', async () => {
    await using server = await startPushServer();
    await using pusher = pushing(server.origin, { headers: { authorization: 'Bearer t' } });
    const { clock, collector } = pusher;
    clock.advance(5_000);
    collector.report(new Error('x'), { key: 'k' });
    clock.advance(1_200);
    await waitFor(() => server.received.length === 1 && clock.pending === 1);
    expect(server.received[0]).toMatchObject({
      method: 'POST',
      url: '/api/v1/push?service=my+shop',
      headers: { 'content-type': 'application/json', authorization: 'Bearer t' },
    });
    expect(server.received[0]!.payload).toEqual(JSON.parse(JSON.stringify(collector.export())));
    clock.advance(60_000);
    expect(await pusher.push.flush()).toBe(true);
    expect(server.received).toHaveLength(1);
  });

  it('keeps an address that names its path and service', async () => {
    await using server = await startPushServer();
    await using pusher = pushing(`${server.origin}/behind/proxy?service=other`);
    pusher.collector.report('x');
    expect(await pusher.push.flush()).toBe(true);
    expect(server.received[0]!.url).toBe('/behind/proxy?service=other');
  });

  it('tries again, ever more slowly, until the server has everything', async () => {
    await using server = await startPushServer();
    server.script.push(500, 'drop', 503, 429);
    await using pusher = pushing(server.origin, { maxBackoffMs: 4_000 });
    const { clock, collector, failures } = pusher;
    collector.report('x', { key: 'k' });
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 5; attempt++) {
      let waitedMs = 0;
      while (server.received.length < attempt) {
        clock.advance(100);
        waitedMs += 100;
        // Lets a request that has begun arrive, before time goes on.
        if (clock.pending === 0)
          await waitFor(() => server.received.length === attempt && clock.pending === 1);
      }
      waits.push(waitedMs);
      collector.report('x', { key: 'k' });
    }
    expect(waits[0]).toBeLessThanOrEqual(1_100);
    for (const [index, longestMs] of [2_000, 4_000, 4_000, 4_000].entries()) {
      expect(waits[index + 1]).toBeGreaterThanOrEqual(longestMs / 2);
      expect(waits[index + 1]).toBeLessThanOrEqual(longestMs + 100);
    }
    expect(failures.map(({ code }) => code)).toEqual(Array(4).fill('EXCEPTION_CLIENT_PUSH_FAILED'));
    expect(failures[0]!.message).toContain('expected status 2xx, found 500');
    expect(await pusher.push.flush()).toBe(true);
    expect(server.totals()).toEqual(new Map([['k', 6]]));
  });

  it('ends with exact totals, whatever the server does meanwhile', async () => {
    await using server = await startPushServer();
    const answers = fc.constantFrom<number | 'drop'>(204, 200, 500, 'drop');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(3), fc.boolean())),
        fc.array(answers, { maxLength: 3 }),
        async (steps, script) => {
          server.received.length = 0;
          server.script.splice(0, Infinity, ...script);
          await using pusher = pushing(server.origin, { exitTimeoutMs: 10_000 });
          const model = new Map<string, number>();
          const flushes: Promise<boolean>[] = [];
          for (const [number, flushes_] of steps) {
            pusher.collector.report('x', { key: `k${number}` });
            model.set(`k${number}`, (model.get(`k${number}`) ?? 0) + 1);
            if (flushes_) flushes.push(pusher.push.flush());
          }
          await Promise.all([...flushes, pusher.push.flush()]);
          expect(server.totals()).toEqual(model);
          expect(new Set(server.received.map(({ payload }) => payload.target_uuid)).size).toBe(
            model.size > 0 ? 1 : 0,
          );
        },
      ),
      { numRuns: 20 },
    );
  });

  it('sends fewer occurrences to a server that finds them too many', async () => {
    await using server = await startPushServer();
    server.script.push(413, 413);
    await using pusher = pushing(server.origin);
    for (let index = 0; index < 20; index++) pusher.collector.report('x', { key: 'k' });
    expect(await pusher.push.flush()).toBe(true);
    const sent = server.received.map(({ payload }) => payload.aggregated_errors[0]!);
    expect(sent.map(({ latest_errors }) => latest_errors.length)).toEqual([10, 5, 2]);
    expect(sent.map(({ total_count }) => total_count)).toEqual([20, 20, 20]);
  });

  it('follows no redirect, on which a POST would become a GET', async () => {
    await using server = await startPushServer();
    server.script.push(302);
    await using pusher = pushing(server.origin);
    pusher.collector.report('x');
    expect(await pusher.push.flush()).toBe(true);
    expect(pusher.failures).toHaveLength(1);
    expect(server.received).toHaveLength(2);
  });

  it('gives up waiting at the deadline, also for a server that does not answer', async () => {
    await using server = await startPushServer();
    server.script.push('hang', 'hang');
    await using pusher = pushing(server.origin, { timeoutMs: 600_000, exitTimeoutMs: 300 });
    pusher.collector.report('x');
    expect(await pusher.push.flush()).toBe(false);
    server.script.length = 0;
  });

  it('gives up waiting at the deadline, and does not lose what it could not push', async () => {
    const port = await freePort();
    await using pusher = pushing(`http://127.0.0.1:${port}`, { exitTimeoutMs: 300 });
    pusher.collector.report('x');
    expect(await pusher.push.flush()).toBe(false);
    expect(pusher.failures.length).toBeGreaterThan(0);
    expect(pusher.collector.stats().reports).toBe(1);
  });

  it('is stopped by stop, and pushes a last time at close', async () => {
    await using server = await startPushServer();
    const { collector, clock, push } = pushing(server.origin);
    const listeners = process.listenerCount('exit');
    push.stop();
    expect([clock.pending, process.listenerCount('exit')]).toEqual([0, listeners - 1]);
    collector.pushTo(server.origin);
    collector.report('x', { key: 'k' });
    await collector.close();
    expect(server.totals()).toEqual(new Map([['k', 1]]));
    expect([clock.pending, process.listenerCount('exit')]).toEqual([0, listeners - 1]);
    await collector.close();
    expect(server.received).toHaveLength(1);
  });

  it.each(['', 'exceptions:9595', 'ftp://host', '/relative'])('refuses the address "%s"', (url) => {
    const collector = createExceptionCollector({ service: 'shop' });
    expect(() => collector.pushTo(url)).toThrow(
      expect.objectContaining({ code: 'EXCEPTION_CLIENT_PUSH_URL_INVALID' }),
    );
  });
});
