import { request } from 'node:http';
import type { RunningService } from '@binnacle/service-kit';
import { bytesOf, encodeRoshiCursor } from '@binnacle/timeline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startStreams } from '../testing/startStreams.ts';
import { formatGoDuration } from './goDuration.ts';
import { goJsonString } from './goJson.ts';

let running: RunningService;
beforeAll(async () => {
  running = await startStreams({ argv: ['--max.size=1000'] });
});
afterAll(async () => running[Symbol.asyncDispose]());

const b64 = (text: string): string => Buffer.from(text).toString('base64');

/** As curl does it, a body with GET included. */
function send(method: string, path: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${running.url}${path}`, { method, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, text: withoutDuration(text) }));
    });
    sent.on('error', reject);
    sent.setHeader('content-type', 'application/x-www-form-urlencoded');
    sent.setHeader('content-length', Buffer.byteLength(body));
    sent.end(body);
  });
}

function withoutDuration(text: string): string {
  return text.replace(/"duration":"[\d.]+(ns|µs|ms|s)"/, '"duration":"…"');
}

it('answers the calls of its README as Roshi does', async () => {
  const write = '[{"key":"Zm9v","score":1.05,"member":"YmFy"},{"key":"Zm9v","score":1.99,"member":"YmF6"}]';
  expect(await send('POST', '/', write)).toEqual({ status: 200, text: '{"duration":"…","inserted":2}\n' });
  const bar = '{"key":"Zm9v","score":1.05,"member":"YmFy"}';
  const baz = '{"key":"Zm9v","score":1.99,"member":"YmF6"}';
  const answer = (records: string) => ({ status: 200, text: `{"duration":"…","records":${records}}\n` });
  expect(await send('GET', '/', '["Zm9v"]')).toEqual(answer(`{"foo":[${baz},${bar}]}`));
  expect(await send('POST', '/select', '["Zm9v"]')).toEqual(answer(`{"foo":[${baz},${bar}]}`));
  expect(await send('GET', '/?limit=1&offset=1', '["eHh4","Zm9v"]')).toEqual(
    answer(`{"foo":[${bar}],"xxx":[]}`),
  );
  expect(await send('GET', '/?coalesce=true&limit=3', '["Zm9v","eHh4"]')).toEqual(answer(`[${baz},${bar}]`));
  expect(
    await send('GET', `/?start=${encodeRoshiCursor({ score: 1.99, member: 'baz' })}`, '["Zm9v"]'),
  ).toEqual(answer(`{"foo":[${bar}]}`));
  expect(await send('DELETE', '/', '[{"key":"Zm9v","score":2.01,"member":"YmF6"}]')).toEqual({
    status: 200,
    text: '{"deleted":1,"duration":"…"}\n',
  });
  expect(await send('GET', '/', '["Zm9v"]')).toEqual(answer(`{"foo":[${bar}]}`));
});

it.each([
  ['POST', '/', '', 'EOF'],
  ['POST', '/', '{}', 'json: cannot unmarshal object into Go value of type []common.KeyScoreMember'],
  ['POST', '/', '[{"key":"abc","score":1,"member":""}]', 'illegal base64 data at input byte 3'],
  [
    'POST',
    '/',
    '[{"key":"YQ==","score":"1","member":""}]',
    'json: cannot unmarshal string into Go value of type float64',
  ],
  ['DELETE', '/', '[', 'unexpected EOF'],
  ['GET', '/', 'x', "invalid character 'x' looking for beginning of value"],
  ['GET', '/?offset=1&start=0A', '["YQ=="]', 'cannot specify offset with start and/or stop'],
  [
    'GET',
    '/?start=nonsense',
    '["YQ=="]',
    'cursor: expected a "A" between score and member, found "nonsense"',
  ],
])('refuses %s %s %s with status 400 and its reason', async (method, path, body, error) => {
  expect(await send(method, path, body)).toEqual({
    status: 400,
    text: `${JSON.stringify({ code: 400, description: 'Bad Request', error })}\n`,
  });
});

it.each([
  ['[]', '', '{}'],
  ['null', '', '{}'],
  ['["bm9uZQ=="]', '?limit=-1', '{}'],
  ['["bm9uZQ=="]', '?limit=abc&coalesce=abc', '{"none":[]}'],
])('reads %s%s as Roshi does', async (body, query, records) => {
  expect((await send('GET', `/${query}`, body)).text).toBe(`{"duration":"…","records":${records}}\n`);
});

it('orders equal scores by member and pages through 200 of them by cursor (T4, T5)', async () => {
  const members = Array.from({ length: 200 }, (_, i) => `m${String(i).padStart(3, '0')}`);
  const write = members.map((member) => ({ key: b64('ties'), score: 7, member: b64(member) }));
  await send('POST', '/', JSON.stringify(write));
  const seen: string[] = [];
  let query = '';
  for (let page = 0; page < 20; page++) {
    const { text } = await send('GET', `/${query}`, JSON.stringify([b64('ties')]));
    const { records } = JSON.parse(text) as { records: { ties: { member: string }[] } };
    expect(records.ties).toHaveLength(10);
    seen.push(...records.ties.map(({ member }) => Buffer.from(member, 'base64').toString()));
    query = `?start=4619567317775286272A${encodeURIComponent(records.ties.at(-1)!.member)}`;
  }
  expect(seen).toEqual(members.toReversed());
});

it('keeps a delete that lost its insert, and shows negative scores in cursor reads (T7, T11)', async () => {
  await send('DELETE', '/', JSON.stringify([{ key: b64('late'), score: 5, member: b64('a') }]));
  await send('POST', '/', JSON.stringify([{ key: b64('late'), score: 4, member: b64('a') }]));
  await send('POST', '/', JSON.stringify([{ key: b64('late'), score: -3, member: b64('b') }]));
  const { text } = await send('GET', '/?start=9218868437227405311A', JSON.stringify([b64('late')]));
  expect(text).toContain('"late":[{"key":"bGF0ZQ==","score":-3,"member":"Yg=="}]');
});

it('knows no other verbs, as Go says it', async () => {
  const { statusCode, headers, body } = await running.app.inject({ method: 'PUT', url: '/', payload: '[]' });
  expect([statusCode, headers['content-type'], body]).toEqual([
    404,
    'text/plain; charset=utf-8',
    '404 page not found\n',
  ]);
});

it('tells what became of a write in headers', async () => {
  const payload = JSON.stringify([
    { key: b64('told'), score: 2, member: b64('a') },
    { key: b64('told'), score: 1, member: b64('a') },
  ]);
  const { headers } = await running.app.inject({ method: 'POST', url: '/', payload });
  expect(headers).toMatchObject({
    'x-binnacle-applied': '1',
    'x-binnacle-noop': '1',
    'x-binnacle-refused': '0',
    'x-binnacle-evicted': '0',
  });
});

it('counts and times calls by Roshi’s names when a namespace is given', async () => {
  await using named = await startStreams({ argv: ['--prometheus.namespace=roshiserver'] });
  const call = (method: 'POST' | 'DELETE', url: string, payload: unknown) =>
    named.app.inject({ method, url, payload: JSON.stringify(payload) });
  const tuple = (member: string) => ({ key: b64('k'), score: 1, member: b64(member) });
  await call('POST', '/', [tuple('a'), tuple('b')]);
  await call('DELETE', '/', [tuple('b')]);
  await call('POST', '/select', [b64('k'), b64('none')]);
  const { body } = await named.app.inject('/metrics');
  const expected = {
    insert_call_count: 1,
    insert_record_count: 2,
    insert_call_duration_nanoseconds_count: 1,
    insert_record_duration_nanoseconds_count: 1,
    delete_call_count: 1,
    delete_record_count: 1,
    delete_call_duration_nanoseconds_count: 1,
    select_call_count: 1,
    select_keys_count: 2,
    select_returned_count: 1,
    select_duration_nanoseconds_count: 1,
  };
  for (const [name, value] of Object.entries(expected)) {
    expect(body).toMatch(new RegExp(`^roshiserver_${name}(\\{[^}]*\\})? ${value}$`, 'm'));
  }
  expect(body).toMatch(/^roshiserver_select_duration_nanoseconds\{quantile="0.99"[^}]*\} \d+/m);
});

it('prints durations and strings as Go does', () => {
  const durations = [
    0n,
    999n,
    1_000n,
    377_863n,
    2_123_354n,
    1_500_000_000n,
    62_500_000_000n,
    3_600_000_000_000n,
  ];
  expect(durations.map(formatGoDuration)).toEqual([
    '0s',
    '999ns',
    '1µs',
    '377.863µs',
    '2.123354ms',
    '1.5s',
    '1m2.5s',
    '1h0m0s',
  ]);
  expect(goJsonString(bytesOf('a<b>&"\\\n\u0008é\u2028'))).toBe(
    '"a\\u003cb\\u003e\\u0026\\"\\\\\\n\\u0008é\\u2028"',
  );
  expect(goJsonString('\xff\xc3(\xef\xbf\xbd')).toBe('"\\ufffd\\ufffd(\ufffd"');
});

it('refuses a select whose body is larger than allowed, and goes on with the next', async () => {
  await using small = await startStreams({ argv: ['--web.max-request-size=1KB'] });
  const select = (body: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const sent = request(`${small.url}/`, { method: 'GET', agent: false }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode!));
      });
      sent.on('error', reject);
      sent.setHeader('content-length', body.length);
      sent.end(body);
    });
  expect(await select(`["${'a'.repeat(4000)}"]`)).toBe(400);
  expect(await select('["YQ=="]')).toBe(200);
});

it('keeps any bytes of keys and members', async () => {
  const tuple = '{"key":"//8A","score":1,"member":"AP+AwyA="}';
  expect((await send('POST', '/', `[${tuple}]`)).status).toBe(200);
  expect((await send('GET', '/?coalesce=true', '["//8A"]')).text).toBe(
    `{"duration":"…","records":[${tuple}]}\n`,
  );
});
