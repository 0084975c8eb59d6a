import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { FakeClock } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import {
  createExceptionCollector,
  ExceptionClientError,
  OVERFLOW_KEY,
  type NodeCollectorOptions,
  type PeriskopError,
  type PeriskopOccurrence,
  type ReportOptions,
} from './index.ts';

function collectorWith(options: Partial<NodeCollectorOptions> = {}) {
  return createExceptionCollector({ service: 'shop', ...options });
}

/** The one occurrence of a collector to which `thrown` alone was reported. */
function occurrenceOf(
  thrown: unknown,
  report?: ReportOptions,
  options?: Partial<NodeCollectorOptions>,
): PeriskopOccurrence {
  const collector = collectorWith(options);
  collector.report(thrown, report);
  return JSON.parse(
    JSON.stringify(collector.export().aggregated_errors[0]!.latest_errors[0]),
  ) as PeriskopOccurrence;
}

function chainLength(error: PeriskopError | null): number {
  return error === null ? 0 : 1 + chainLength(error.cause);
}

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

describe('anything can be thrown', () => {
  class NotFound extends Error {}
  class Named extends TypeError {
    override name = 'Renamed';
  }
  const hostile = {
    get message(): string {
      throw new Error('no message');
    },
    get stack(): string {
      throw new Error('no stack');
    },
    get cause(): unknown {
      throw new Error('no cause');
    },
    get name(): string {
      throw new Error('no name');
    },
  };
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();

  it.each<[string, () => unknown, string, string]>([
    ['a string', () => 'a string', 'string', 'a string'],
    ['undefined', () => undefined, 'undefined', 'undefined'],
    ['null', () => null, 'null', 'null'],
    ['a number', () => 42, 'number', '42'],
    ['a bigint', () => 10n, 'bigint', '10'],
    ['a symbol', () => Symbol('s'), 'symbol', 'Symbol(s)'],
    ['a function', () => () => 1, 'function', '[function]'],
    [
      'an object',
      () => ({ status: 7, a: {}, password: 'p' }),
      'Object',
      '{ status: 7, a: [object], password: [redacted] }',
    ],
    ['an object without prototype', () => Object.create(null), 'Object', '{  }'],
    ['an object with a message', () => ({ message: 'like an error' }), 'Object', 'like an error'],
    ['a class without a name of its own', () => new NotFound('gone'), 'NotFound', 'gone'],
    ['a class with a name of its own', () => new Named('x'), 'Renamed', 'x'],
    ['a DOMException', () => new DOMException('late', 'TimeoutError'), 'TimeoutError', 'late'],
    ['an error without message', () => new Error(''), 'Error', ''],
    [
      'an object whose getters throw',
      () => hostile,
      'Object',
      '{ message: undefined, stack: undefined, cause: undefined, name: undefined }',
    ],
    ['a revoked proxy', () => proxy, 'unreadable', '[unreadable]'],
  ])('%s', (_, thrown, className, message) => {
    const { error } = occurrenceOf(thrown());
    expect(error).toMatchObject({ class: className, message });
  });

  it('and is counted, with a name for where it was reported', () => {
    const collector = collectorWith();
    function first(): void {
      collector.report('no stack of its own');
    }
    function second(): void {
      collector.report('no stack of its own');
    }
    first();
    first();
    second();
    expect(collector.export().aggregated_errors.map(({ total_count }) => total_count)).toEqual([2, 1]);
    expect(occurrenceOf('x').error.stacktrace[0]).toContain('occurrenceOf');
  });

  it('also when its cause, or a list of errors, is hostile', () => {
    const error = Object.assign(new Error('outer', { cause: hostile }), { errors: proxy });
    const list = Object.assign(new Error('outer'), {
      errors: new Proxy([], { get: () => Number.MAX_VALUE }),
    });
    const collector = collectorWith();
    for (const thrown of [error, list]) collector.report(thrown);
    expect(collector.stats().reports).toBe(2);
    expect(collector.export().aggregated_errors.reduce((sum, { total_count }) => sum + total_count, 0)).toBe(
      2,
    );
  });

  it('with options that cannot be read', () => {
    const http = {
      method: 'GET',
      url: 'http://a',
      get headers(): never {
        throw new Error('no headers');
      },
    };
    const { labels, http_context: context } = occurrenceOf(new Error('x'), { http });
    expect(context).toBeNull();
    expect(labels).toEqual({ binnacle_unreadable: 'http or labels' });
    expect(occurrenceOf(new Error('x'), null as unknown as ReportOptions).error.message).toBe('x');
  });

  it('is never thrown back, whatever fast-check makes of it', () => {
    const collector = collectorWith();
    let reports = 0;
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withSparseArray: true }), (thrown) => {
        collector.report(thrown);
        collector.report(Object.assign(new Error('x', { cause: thrown }), { errors: [thrown] }));
        reports += 2;
      }),
    );
    const exported = collector.export().aggregated_errors;
    expect(exported.reduce((sum, { total_count }) => sum + total_count, 0)).toBe(reports);
    JSON.parse(JSON.stringify(exported));
  });
});

describe('causes', () => {
  it('are followed, and cycles end', () => {
    const inner = new Error('inner');
    const outer = new Error('outer', { cause: inner });
    inner.cause = outer;
    const { error } = occurrenceOf(outer);
    expect(error.cause!.cause).toMatchObject({ class: 'Error', message: '[circular]', cause: null });
    const self = new Error('self');
    self.cause = self;
    expect(occurrenceOf(self).error.cause!.message).toBe('[circular]');
  });

  it('end at the limit, and say so', () => {
    let error = new Error('0');
    for (let index = 1; index < 10_000; index++) error = new Error(`${index}`, { cause: error });
    const { error: exported } = occurrenceOf(error, {}, { limits: { maxNestedErrors: 5 } });
    expect(chainLength(exported)).toBe(7);
    expect(JSON.stringify(exported)).toContain('[deeper errors left out]');
  });

  it('may be anything', () => {
    expect(occurrenceOf(new Error('x', { cause: 'a string' })).error.cause).toEqual({
      class: 'string',
      message: 'a string',
      stacktrace: [],
      cause: null,
    });
  });

  it('of an AggregateError are its members, as many as fit', () => {
    const members = Array.from({ length: 50 }, (_, index) => new Error(`member ${index}`));
    members[0]!.cause = new AggregateError(members, 'a cycle');
    const { error } = occurrenceOf(new AggregateError(members, 'all failed'));
    expect(error).toMatchObject({ class: 'AggregateError', message: 'all failed' });
    expect(error.errors!.at(-1)!.message).toMatch(/^\[\d+ more errors\]$/);
    expect(JSON.stringify(error).match(/"stacktrace"/g)!.length).toBeLessThan(40);
  });
});

describe('what is kept is bounded', () => {
  it('in every part', () => {
    const long = 'x'.repeat(1_000_000);
    const error = Object.assign(new Error(long), { name: `N${long}` });
    error.stack = `N: ${long}\n${'    at f (/a/b.js:1:2)\n'.repeat(100_000)}`;
    const headers = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`h${index}${long}`, long]));
    const labels = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`l${index}`, long]));
    const http = { method: long, url: `/${long}`, headers, body: long };
    const occurrence = occurrenceOf(error, { http, labels, key: long });
    expect(JSON.stringify(occurrence).length).toBeLessThan(200_000);
    expect(occurrence.error.message).toMatch(/^x{2048}… \[997952 more characters\]$/);
    expect(occurrence.error.stacktrace.at(-1)).toMatch(/more characters\]$/);
    expect(Object.keys(occurrence.http_context!.request_headers)).toHaveLength(64);
    expect(Object.keys(occurrence.labels!)).toHaveLength(64);
  });

  it('and holds nothing of a longer text that it was cut from', () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const collector = collectorWith({ maxSamplesPerKey: 100 });
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < 100; index++) {
      const long = Buffer.alloc(1_000_000, `abc${index}`).toString('latin1');
      const body = long.slice(100, 200);
      collector.report(new Error(long.slice(0, 100)), { key: 'k', http: { method: 'GET', url: '/', body } });
    }
    collectGarbage();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
    expect(collector.export().aggregated_errors[0]!.latest_errors).toHaveLength(100);
  });

  it('and long keys stay apart', () => {
    const collector = collectorWith();
    for (const end of ['a', 'b', 'a']) collector.report('x', { key: 'k'.repeat(10_000) + end });
    const exported = collector.export().aggregated_errors;
    expect(exported.map(({ total_count }) => total_count)).toEqual([2, 1]);
    expect(exported[0]!.aggregation_key.length).toBeLessThan(300);
  });

  it('and is valid Unicode', () => {
    const error = new Error('half \ud83d of a pair');
    error.name = 'Lone\udc00';
    const {
      labels,
      http_context: context,
      ...occurrence
    } = occurrenceOf(error, {
      labels: { 'a\ud800': 'b\udfff' },
      http: { method: 'GET', url: '/\ud800', headers: { x: '\udc00' }, body: '\ud800' },
    });
    expect(occurrence.error).toMatchObject({ class: 'Lone\ufffd', message: 'half \ufffd of a pair' });
    expect(labels).toEqual({ 'a\ufffd': 'b\ufffd' });
    expect(JSON.stringify(context)).not.toMatch(/\\u[dD][89a-fA-F]/);
    expect(occurrenceOf('\u{1F600}').error.message).toBe('\u{1F600}');
    const cut = occurrenceOf('\u{1F600}'.repeat(2_000), {}, { limits: { maxMessageLength: 5 } }).error
      .message;
    expect(cut).toBe('\u{1F600}\u{1F600}\ufffd… [3995 more characters]');
  });

  it('and is redacted, unless the application says otherwise', () => {
    const http = {
      method: 'POST',
      url: 'https://shop.example/login?token=S3CRET&page=2',
      headers: {
        Authorization: 'Bearer S3CRET',
        cookie: 'S3CRET',
        referer: 'https://a/?code=S3CRET',
        accept: '*/*',
      },
      body: '{"user":"me","password":"S3CRET"}',
    };
    const { http_context: context } = occurrenceOf(new Error('x'), { http });
    expect(JSON.stringify(context)).not.toContain('S3CRET');
    expect(context).toMatchObject({
      request_url: 'https://shop.example/login?token=[redacted]&page=2',
      request_headers: { Authorization: '[redacted]', accept: '*/*' },
      request_body: '{"user":"me","password":"[redacted]"}',
    });
    expect(JSON.stringify(occurrenceOf(new Error('x'), { http }, { redact: [] }))).toContain('Bearer S3CRET');
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
