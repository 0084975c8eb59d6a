import * as fc from 'fast-check';
import { expect, it, describe } from 'vitest';
import { decodePayload } from './decode.ts';
import { DEFAULT_PAYLOAD_LIMITS, type PayloadLimits } from './payload.ts';

const NOW = Date.UTC(2026, 10, 24, 15);
const decode = (root: unknown, limits: Partial<PayloadLimits> = {}) =>
  decodePayload(JSON.stringify(root), { ...DEFAULT_PAYLOAD_LIMITS, ...limits }, NOW);
const occurrence = (extra: object = {}) => ({
  error: { class: 'TypeError', message: 'x is not a function', stacktrace: ['at a', 'at b'], cause: null },
  uuid: 'u-1',
  timestamp: '2026-11-24T14:39:18.885958428Z',
  severity: 'error',
  http_context: null,
  ...extra,
});
const aggregate = (extra: object = {}) => ({
  aggregation_key: 'TypeError@1',
  total_count: 2,
  severity: 'error',
  created_at: '2026-11-24T16:39:18+02:00',
  latest_errors: [occurrence()],
  ...extra,
});

describe('what clients really send', () => {
  it('reads an export of periskop-go', () => {
    const payload = decode({ aggregated_errors: [aggregate()], target_uuid: 't-1' });
    expect(payload.targetUuid).toBe('t-1');
    expect(payload.aggregates).toEqual([
      {
        key: 'TypeError@1',
        totalCount: 2,
        severity: 'error',
        createdUs: Date.UTC(2026, 10, 24, 14, 39, 18) * 1000,
        occurrences: [
          {
            uuid: 'u-1',
            timestampMs: Date.UTC(2026, 10, 24, 14, 39, 18, 885),
            severity: 'error',
            error: {
              class: 'TypeError',
              message: 'x is not a function',
              stacktrace: ['at a', 'at b'],
              cause: null,
            },
            http: null,
          },
        ],
      },
    ]);
  });

  it('keeps a null request body and headers apart from empty ones', () => {
    const http = (extra: object) =>
      decode({
        aggregated_errors: [
          aggregate({
            latest_errors: [
              occurrence({ http_context: { request_method: 'GET', request_url: '/x', ...extra } }),
            ],
          }),
        ],
      }).aggregates[0]!.occurrences[0]!.http;
    expect(http({ request_headers: null, request_body: null })).toEqual({
      method: 'GET',
      url: '/x',
      headers: null,
      body: null,
    });
    expect(http({ request_headers: { A: 'b', bad: 1 }, request_body: '' })).toMatchObject({
      headers: { A: 'b' },
      body: '',
    });
  });

  it('reads an aggregate with everything optional absent, as scala sends messages (trap T7)', () => {
    const payload = decode({
      aggregated_errors: [{ latest_errors: [{ error: { message: null } }] }],
    });
    expect(payload.aggregates[0]).toMatchObject({ key: '', totalCount: 0, severity: 'error', createdUs: 0 });
    expect(payload.aggregates[0]!.occurrences[0]).toMatchObject({
      timestampMs: null,
      severity: 'error',
      error: { class: '', message: '', stacktrace: null, cause: null },
      http: null,
    });
  });

  it('passes unknown severities and ignores unknown fields', () => {
    const payload = decode({ aggregated_errors: [aggregate({ severity: 'fatal', extra: [1] })], novel: {} });
    expect(payload.aggregates[0]!.severity).toBe('fatal');
    expect(payload.rejections.size).toBe(0);
  });

  it('reads what our own client adds: identity, labels and the members of an AggregateError', () => {
    const member = { class: 'RangeError', message: 'one of two', stacktrace: null, cause: null };
    const payload = decode({
      aggregated_errors: [
        aggregate({
          latest_errors: [
            occurrence({
              labels: { tenant: 'acme', bad: 1 },
              error: { ...member, errors: [member, 'no', member] },
            }),
          ],
        }),
      ],
      instance: 'web-1',
      version: '1.2.3',
      environment: 'production',
      labels: { region: 'eu' },
    });
    expect(payload).toMatchObject({ instance: 'web-1', version: '1.2.3' });
    expect(payload.labels).toEqual({ region: 'eu', environment: 'production' });
    expect(payload.aggregates[0]!.occurrences[0]).toMatchObject({
      labels: { tenant: 'acme' },
      error: { errors: [member, member] },
    });
  });

  it('reads an empty export', () => {
    expect(decode({}).aggregates).toEqual([]);
    expect(decode({ aggregated_errors: null, target_uuid: null }).aggregates).toEqual([]);
  });

  it('gives an occurrence without a uuid the same one each time', () => {
    const read = () =>
      decode({ aggregated_errors: [aggregate({ latest_errors: [occurrence({ uuid: '' })] })] }).aggregates[0]!
        .occurrences[0]!.uuid;
    expect(read()).toMatch(/^[0-9a-f]{32}$/);
    expect(read()).toBe(read());
  });
});

describe('what no client should send', () => {
  it.each([
    ['null', 'found null'],
    ['[]', 'found an array'],
    ['3', 'found a number'],
    ['{"aggregated_errors":{}}', 'expected an array'],
    ['{"aggregated_errors":[', 'not JSON'],
    ['', 'not JSON'],
    ['<html>', 'not JSON'],
  ])('refuses %s as a whole', (text, message) => {
    expect(() => decodePayload(text, DEFAULT_PAYLOAD_LIMITS, NOW)).toThrow(message);
  });

  it.each([
    ['an aggregate that is no object', 5, 'aggregate_malformed'],
    ['a key that is no text', aggregate({ aggregation_key: 7 }), 'aggregate_malformed'],
    ['a negative count', aggregate({ total_count: -1 }), 'count_malformed'],
    ['a fractional count', aggregate({ total_count: 1.5 }), 'count_malformed'],
    ['a count that is a text', aggregate({ total_count: '3' }), 'count_malformed'],
  ])('leaves out %s and keeps its siblings', (_, bad, reason) => {
    const payload = decode({ aggregated_errors: [aggregate({ aggregation_key: 'a' }), bad, aggregate()] });
    expect(payload.aggregates.map((a) => a.key)).toEqual(['a', 'TypeError@1']);
    expect([...payload.rejections]).toEqual([[reason, 1]]);
  });

  it('keeps the aggregate when an occurrence is malformed', () => {
    const payload = decode({
      aggregated_errors: [aggregate({ latest_errors: [null, { error: 'x' }, occurrence()] })],
    });
    expect(payload.aggregates[0]!.occurrences).toHaveLength(1);
    expect(payload.rejections.get('occurrence_malformed')).toBe(2);
    expect(decode({ aggregated_errors: [aggregate({ latest_errors: {} })] }).aggregates).toHaveLength(1);
  });

  it('keeps the payload when a timestamp is unreadable, absent, zero or far in the future (trap T10)', () => {
    const at = (timestamp: unknown) =>
      decode({
        aggregated_errors: [aggregate({ created_at: timestamp, latest_errors: [occurrence({ timestamp })] })],
      }).aggregates[0]!;
    for (const bad of ['yesterday', '', null, undefined, '0001-01-01T00:00:00Z', {}, -5]) {
      expect(at(bad)).toMatchObject({ createdUs: 0, occurrences: [{ timestampMs: null }] });
    }
    expect(at('2999-01-01T00:00:00Z').occurrences[0]!.timestampMs).toBe(NOW);
    expect(at(1_700_000_000).createdUs).toBe(1_700_000_000_000_000);
  });

  it('clamps a count beyond 2^53 and says so (trap T11)', () => {
    const payload = decodePayload(
      '{"aggregated_errors":[{"aggregation_key":"k","total_count":9223372036854775807}]}',
      DEFAULT_PAYLOAD_LIMITS,
      NOW,
    );
    expect(payload.aggregates[0]!.totalCount).toBe(Number.MAX_SAFE_INTEGER);
    expect(payload.rejections.get('count_clamped')).toBe(1);
  });

  it('adds up a key that comes twice', () => {
    const payload = decode({
      aggregated_errors: [
        aggregate({ total_count: 1, severity: 'info', created_at: '2026-11-24T14:00:00Z' }),
        aggregate({ total_count: 4, severity: 'warning' }),
      ],
    });
    expect(payload.aggregates).toHaveLength(1);
    expect(payload.aggregates[0]).toMatchObject({
      totalCount: 5,
      severity: 'warning',
      createdUs: Date.UTC(2026, 10, 24, 14) * 1000,
    });
  });

  it('refuses deep nesting before it parses (trap T8)', () => {
    const deep = `{"aggregated_errors":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(() => decodePayload(deep, DEFAULT_PAYLOAD_LIMITS, NOW)).toThrow(/deeper than 100/);
    const brackets = decode({ aggregated_errors: [aggregate({ aggregation_key: `${'['.repeat(500)}\\"` })] });
    expect(brackets.aggregates).toHaveLength(1);
  });

  it('cuts long texts, stacks, cause chains and lists', () => {
    let error: object = { class: 'Root', message: 'm', stacktrace: null };
    for (let i = 0; i < 30; i++)
      error = { class: 'Wrapper', message: 'm'.repeat(100), stacktrace: [], cause: error };
    const payload = decode(
      {
        aggregated_errors: [
          aggregate({
            aggregation_key: `${'k'.repeat(5000)}`,
            latest_errors: [
              occurrence(),
              occurrence({ uuid: 'u-2', error }),
              occurrence({ uuid: 'u-3', error: { stacktrace: ['😀'.repeat(9), 5, 'c'] } }),
            ],
          }),
          aggregate({ aggregation_key: `${'k'.repeat(4999)}j` }),
          aggregate({ aggregation_key: 'third' }),
        ],
      },
      {
        messageLength: 20,
        causes: 3,
        stackLines: 2,
        stackLineLength: 6,
        occurrencesPerKey: 2,
        keysPerTarget: 2,
      },
    );
    const [long, other] = payload.aggregates;
    expect(payload.rejections.get('aggregates_over_limit')).toBe(1);
    expect(payload.overflowCount).toBe(2);
    expect(long!.key).toHaveLength(DEFAULT_PAYLOAD_LIMITS.keyLength);
    expect(long!.key).not.toBe(other!.key);
    expect(long!.occurrences.map((o) => o.uuid)).toEqual(['u-2', 'u-3']);
    expect(long!.occurrences[0]!.error.message).toHaveLength(20);
    let depth = 0;
    for (let e: { cause: unknown } | null = long!.occurrences[0]!.error; e !== null; e = e.cause as typeof e)
      depth++;
    expect(depth).toBe(4);
    expect(long!.occurrences[1]!.error.stacktrace).toEqual(['😀😀…', '']);
  });

  it('makes text storable: lone surrogates and NUL (trap T9)', () => {
    const payload = decode({ aggregated_errors: [aggregate({ aggregation_key: 'a\ud800b\0c' })] });
    expect(payload.aggregates[0]!.key).toBe('a\ufffdb\u2400c');
  });

  it('never throws anything but its own errors', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (a, b, c) => {
        const payload = decode({
          aggregated_errors: [
            a,
            aggregate({ latest_errors: [b, occurrence({ error: c, http_context: a })] }),
            c,
          ],
          target_uuid: b,
          labels: c,
        });
        expect(payload.aggregates.length).toBeLessThanOrEqual(3);
      }),
      { numRuns: 300 },
    );
  });
});
