import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectorWith, occurrenceOf } from '../test/occurrenceOf.ts';
import type { PeriskopError, ReportOptions } from './index.ts';

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

function chainLength(error: PeriskopError | null): number {
  return error === null ? 0 : 1 + chainLength(error.cause);
}
