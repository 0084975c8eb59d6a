import * as fc from 'fast-check';
import { FakeClock } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { collectorWith, occurrenceOf } from '../test/occurrenceOf.ts';
import {
  createExceptionCollector,
  ExceptionClientError,
  OVERFLOW_KEY,
  type NodeCollectorOptions,
} from './index.ts';

describe('the export', () => {
  it('has exactly the shape of a Periskop client, and our fields', () => {
    const clock = new FakeClock(Date.UTC(2026, 0, 2, 3, 4, 5, 6));
    const collector = collectorWith({ clock, instance: 'a:1', version: '1.2', environment: 'test' });
    expect(collector.export()).toMatchObject({ aggregated_errors: [] });
    collector.report(new TypeError('boom', { cause: new RangeError('inner') }), {
      severity: 'warning',
      labels: { region: 'eu' },
      http: {
        method: 'GET',
        url: 'http://a/b',
        headers: { accept: ['x', 'y'], age: 3, via: undefined },
        body: 'hi',
      },
    });
    const uuid = expect.stringMatching(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    const stacktrace = expect.arrayContaining([
      expect.stringMatching(/^at .*collector\.test\.ts:\d+:\d+\)?$/),
    ]);
    expect(JSON.parse(JSON.stringify(collector.export()))).toEqual({
      aggregated_errors: [
        {
          aggregation_key: expect.stringMatching(/^TypeError@[0-9a-f]{16}$/),
          total_count: 1,
          severity: 'warning',
          latest_errors: [
            {
              error: {
                class: 'TypeError',
                message: 'boom',
                stacktrace,
                cause: { class: 'RangeError', message: 'inner', stacktrace, cause: null },
              },
              uuid,
              timestamp: '2026-01-02T03:04:05.006Z',
              severity: 'warning',
              http_context: {
                request_method: 'GET',
                request_url: 'http://a/b',
                request_headers: { accept: 'x, y', age: '3' },
                request_body: 'hi',
              },
              labels: { region: 'eu' },
            },
          ],
          created_at: '2026-01-02T03:04:05.006Z',
        },
      ],
      target_uuid: uuid,
      service: 'shop',
      instance: 'a:1',
      version: '1.2',
      environment: 'test',
    });
  });

  it('lists the newest occurrences, oldest first, and when the first one was', () => {
    const clock = new FakeClock(0);
    const collector = collectorWith({ clock, maxSamplesPerKey: 3 });
    for (let index = 0; index < 25; index++) {
      clock.advance(1_000);
      collector.report(new Error(`number ${index}`), { key: 'k' });
    }
    const [aggregate] = collector.export().aggregated_errors;
    expect(aggregate).toMatchObject({ total_count: 25, created_at: '1970-01-01T00:00:01.000Z' });
    expect(aggregate!.latest_errors.map(({ error }) => error.message)).toEqual([
      'number 22',
      'number 23',
      'number 24',
    ]);
    const [fewer] = collector.export({ maxSamplesPerKey: 1 }).aggregated_errors;
    expect(fewer!.latest_errors.map(({ error }) => error.message)).toEqual(['number 24']);
    expect(new Set(aggregate!.latest_errors.map((occurrence) => occurrence.uuid)).size).toBe(3);
  });

  it('calls an aggregate as severe as its worst occurrence', () => {
    const collector = collectorWith();
    for (const severity of ['info', 'warning', 'info'] as const)
      collector.report('x', { key: 'k', severity });
    expect(collector.export().aggregated_errors[0]!.severity).toBe('warning');
    expect(occurrenceOf('x', { severity: 'fatal' as 'error' }).severity).toBe('error');
  });

  it('has a target_uuid that stays, of its own for each collector', () => {
    const [one, other] = [collectorWith(), collectorWith()];
    expect(one.export().target_uuid).toBe(one.export().target_uuid);
    expect(one.export().target_uuid).not.toBe(other.export().target_uuid);
  });
});

describe('counting', () => {
  it('is exact for any sequence of reports, with any caps', () => {
    const reports = fc.array(fc.tuple(fc.nat(12), fc.constantFrom('info', 'warning', 'error')), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(
        reports,
        fc.integer({ min: 1, max: 8 }),
        fc.nat(4),
        (reports, maxKeys, maxSamplesPerKey) => {
          const collector = collectorWith({ maxKeys, maxSamplesPerKey });
          const model = new Map<string, string[]>();
          reports.forEach(([number, severity], index) => {
            const wanted = number === 12 ? OVERFLOW_KEY : `key ${number}`;
            collector.report(new Error(`${index}`), { key: wanted, severity });
            const own = [...model.keys()].filter((key) => key !== OVERFLOW_KEY).length;
            const key = model.has(wanted) || own < maxKeys ? wanted : OVERFLOW_KEY;
            model.set(key, [...(model.get(key) ?? []), `${index}`]);
          });
          const exported = collector.export().aggregated_errors;
          expect(
            exported.map((aggregate) => [
              aggregate.aggregation_key,
              aggregate.total_count,
              aggregate.latest_errors.map(({ error }) => error.message),
            ]),
          ).toEqual(
            [...model].map(([key, all]) => [
              key,
              all.length,
              all.slice(Math.max(0, all.length - maxSamplesPerKey)),
            ]),
          );
          expect(collector.stats().reports).toBe(reports.length);
        },
      ),
    );
  });

  it('goes on under "overflow" once there are 1000 keys', () => {
    const collector = collectorWith();
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 1_200; index++) collector.report('x', { key: `key ${index}` });
    }
    const counts = collector.export().aggregated_errors;
    expect(counts).toHaveLength(1_001);
    expect(counts.filter(({ total_count }) => total_count === 2)).toHaveLength(1_000);
    expect(counts.at(-1)).toMatchObject({ aggregation_key: OVERFLOW_KEY, total_count: 400 });
    expect(counts.at(-1)!.latest_errors).toHaveLength(10);
  });

  it('stays exact when the occurrences need more space than there is', () => {
    const collector = collectorWith({ limits: { maxRetainedLength: 50_000 } });
    for (let index = 0; index < 2_000; index++) {
      collector.report({ message: 'x'.repeat(1_000), stack: '' }, { key: `key ${index % 20}` });
    }
    const exported = collector.export();
    expect(exported.aggregated_errors.map(({ total_count }) => total_count)).toEqual(Array(20).fill(100));
    expect(JSON.stringify(exported).length).toBeLessThan(60_000);
    expect(exported.aggregated_errors.some(({ latest_errors }) => latest_errors.length > 0)).toBe(true);
    expect(collector.stats().droppedForSpace).toBeGreaterThan(0);
  });

  it('gives up no occurrence as long as those kept fit', () => {
    const collector = collectorWith({ limits: { maxRetainedLength: 50_000 } });
    for (let index = 0; index < 1_000; index++) {
      collector.report({ message: 'x'.repeat(1_000), stack: '' }, { key: `key ${index % 2}` });
    }
    expect(collector.stats()).toEqual({ reports: 1_000, droppedForSpace: 0 });
    expect(collector.export().aggregated_errors.map(({ latest_errors }) => latest_errors.length)).toEqual([
      10, 10,
    ]);
  });

  it('counts an occurrence that is larger than all the space', () => {
    const collector = collectorWith({ limits: { maxRetainedLength: 100 } });
    collector.report(new Error('x'.repeat(1_000)));
    expect(collector.export().aggregated_errors).toMatchObject([{ total_count: 1, latest_errors: [] }]);
  });
});

describe('options', () => {
  it.each([
    [{ service: '' }, /service.*non-empty string.*""/],
    [{ service: 7 }, /service/],
    [{ service: 'a', version: '' }, /version/],
    [{ service: 'a', maxKeys: 0 }, /maxKeys.*at least 1.*0/],
    [{ service: 'a', maxSamplesPerKey: -1 }, /maxSamplesPerKey/],
    [{ service: 'a', limits: { maxMessageLength: 1.5 } }, /limits\.maxMessageLength/],
  ])('%o is refused', (options, message) => {
    const create = (): unknown => createExceptionCollector(options as NodeCollectorOptions);
    expect(create).toThrow(message);
    expect(create).toThrow(ExceptionClientError);
    expect(create).toThrow(expect.objectContaining({ code: 'EXCEPTION_CLIENT_OPTION_INVALID' }));
  });
});
