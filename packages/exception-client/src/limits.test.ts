import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { collectorWith, occurrenceOf } from '../test/occurrenceOf.ts';

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
