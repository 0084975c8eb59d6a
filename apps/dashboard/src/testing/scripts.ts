import type { ExceptionStatus, HttpContext } from '../api/types.ts';

/** What one exception of the fake server is about. */
export interface Script {
  readonly service: string;
  readonly class: string;
  readonly message: string;
  readonly key?: string;
  readonly severity: string;
  readonly status?: ExceptionStatus;
  readonly ageMinutes: number;
  readonly quietMinutes: number;
  readonly perMinute: number;
  /** Newest first. */
  readonly versions: readonly string[];
  readonly stack: readonly string[] | null;
  readonly cause?: { readonly class: string; readonly message: string; readonly stack: readonly string[] };
  readonly http?: 'track' | 'upload' | 'search';
}

const DAYS = 1440;

/** A stack of Node as a Fastify service gives it. */
function node(error: string, ...inApp: string[]): string[] {
  return [
    error,
    ...inApp.map((frame) => `    at ${frame}`),
    '    at async Object.handler (file:///srv/node_modules/@binnacle/service-kit/dist/routes.js:41:18)',
    '    at preHandlerCallback (/srv/node_modules/fastify/lib/handle-request.js:174:22)',
    '    at Object.runPreParsing (/srv/node_modules/fastify/lib/route.js:612:9)',
    '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
  ];
}

/** The story: tracks 1.8.0 was deployed 22 minutes ago and does not go well. */
export const SCRIPTS: readonly Script[] = [
  {
    service: 'tracks',
    class: 'TypeError',
    message: "Cannot read properties of null (reading 'waveform_url')",
    severity: 'error',
    ageMinutes: 22,
    quietMinutes: 0,
    perMinute: 18.7,
    versions: ['1.8.0'],
    stack: node(
      "TypeError: Cannot read properties of null (reading 'waveform_url')",
      'TrackMapper.fromRow (file:///srv/tracks/src/trackMapper.ts:41:17)',
      'TrackStore.find (file:///srv/tracks/src/trackStore.ts:88:24)',
    ),
    http: 'track',
  },
  {
    service: 'gateway',
    class: 'UpstreamError',
    message: 'tracks answered 500 to GET /tracks/8841',
    severity: 'error',
    status: 'regressed',
    ageMinutes: 31 * DAYS,
    quietMinutes: 0,
    perMinute: 9.2,
    versions: ['3.2.1', '3.2.0'],
    stack: node(
      'UpstreamError: tracks answered 500 to GET /tracks/8841',
      'call (file:///srv/gateway/src/upstream.ts:63:11)',
      'getTrack (file:///srv/gateway/src/routes/tracks.ts:19:20)',
    ),
    cause: {
      class: 'ResponseError',
      message: 'Response status code 500',
      stack: [
        'ResponseError: Response status code 500',
        '    at parseResponse (file:///srv/gateway/src/upstream.ts:112:13)',
        '    at readBody (/srv/node_modules/undici/lib/api/readable.js:210:5)',
      ],
    },
    http: 'track',
  },
  {
    service: 'search',
    class: 'json.decoder.JSONDecodeError',
    message: 'Expecting value: line 1 column 7 (char 6)',
    severity: 'error',
    ageMinutes: 12 * DAYS,
    quietMinutes: 1,
    perMinute: 2.1,
    versions: ['2026.1.3'],
    stack: [
      'Traceback (most recent call last):',
      '  File "/srv/search/indexer.py", line 71, in consume',
      '    document = parse(raw)',
      '  File "/srv/search/indexer.py", line 42, in parse',
      '    return json.loads(raw.decode())',
      '           ^^^^^^^^^^^^^^^^^^^^^^^^',
      '  File "/usr/lib/python3.11/json/__init__.py", line 346, in loads',
      '    return _default_decoder.decode(s)',
      '  File "/usr/lib/python3.11/json/decoder.py", line 355, in raw_decode',
      '    raise JSONDecodeError("Expecting value", s, err.value) from None',
      'json.decoder.JSONDecodeError: Expecting value: line 1 column 7 (char 6)',
    ],
    http: 'search',
  },
  {
    service: 'billing',
    class: '*pq.Error',
    message: 'pq: duplicate key value violates unique constraint "invoices_pkey"',
    severity: 'error',
    status: 'muted',
    ageMinutes: 4 * DAYS,
    quietMinutes: 2,
    perMinute: 6.4,
    versions: ['0.41.0', '0.40.7'],
    stack: [
      '/src/billing/invoice.go:57',
      '\tmain.(*Store).Insert: return s.db.ExecContext(ctx, insertInvoice, id)',
      '/src/billing/charge.go:112',
      '\tmain.charge: if err := store.Insert(ctx, invoice); err != nil {',
      '/go/pkg/mod/github.com/lib/pq@v1.10.9/conn.go:1234',
      '\tgithub.com/lib/pq.(*conn).recv: panic(parseError(r))',
      '/usr/local/go/src/net/http/server.go:2136',
      '\tnet/http.HandlerFunc.ServeHTTP: f(w, r)',
    ],
  },
  {
    service: 'timeline',
    class: 'TimeoutError',
    message: 'redis: no answer within 250 ms (cluster b, 3 of 5 nodes)',
    severity: 'warning',
    ageMinutes: 2 * DAYS,
    quietMinutes: 0,
    perMinute: 3.3,
    versions: ['5.0.4', '5.0.3'],
    stack: node(
      'TimeoutError: redis: no answer within 250 ms',
      'readQuorum (file:///srv/timeline/src/quorum.ts:140:9)',
    ),
  },
  {
    service: 'tracks',
    class: 'RangeError',
    message: 'Invalid time value',
    severity: 'error',
    ageMinutes: 19,
    quietMinutes: 3,
    perMinute: 1.4,
    versions: ['1.8.0'],
    stack: node('RangeError: Invalid time value', 'formatReleased (file:///srv/tracks/src/format.ts:12:30)'),
    http: 'upload',
  },
  {
    service: 'search',
    class: 'com.soundwave.search.IndexCorruptException',
    message: 'segment _4f: checksum mismatch, expected 1f0c99ab found 00000000',
    severity: 'error',
    ageMinutes: 8,
    quietMinutes: 0,
    perMinute: 0.6,
    versions: ['2026.1.3'],
    stack: [
      'com.soundwave.search.IndexReader.open(IndexReader.scala:88)',
      'com.soundwave.search.Shard.load(Shard.scala:140)',
      'scala.concurrent.Future$.$anonfun$apply$1(Future.scala:687)',
      'java.base/java.lang.Thread.run(Thread.java:1583)',
    ],
  },
  {
    service: 'gateway',
    class: 'RateLimitExceeded',
    message: 'client 4f1c is over 600 requests per minute',
    severity: 'info',
    ageMinutes: 60 * DAYS,
    quietMinutes: 0,
    perMinute: 14,
    versions: ['3.2.1', '3.2.0', '3.1.9'],
    stack: null,
  },
  {
    service: 'billing',
    class: 'PaymentDeclined',
    message: 'card_declined: insufficient_funds',
    severity: 'info',
    ageMinutes: 90 * DAYS,
    quietMinutes: 4,
    perMinute: 0.9,
    versions: ['0.41.0'],
    stack: null,
  },
  {
    service: 'timeline',
    class: 'AssertionError',
    message: 'cursor is older than the floor watermark',
    key: 'timeline//cursor?older#than%20floor',
    severity: 'error',
    ageMinutes: 9 * DAYS,
    quietMinutes: 17,
    perMinute: 0.3,
    versions: ['5.0.4'],
    stack: node(
      'AssertionError: cursor is older than the floor watermark',
      'readAfter (file:///srv/timeline/src/read.ts:31:3)',
    ),
  },
  {
    service: 'gateway',
    class: 'ERR_HTTP_HEADERS_SENT',
    message: 'Cannot set headers after they are sent to the client',
    severity: 'error',
    status: 'resolved',
    ageMinutes: 14 * DAYS,
    quietMinutes: 55,
    perMinute: 0.2,
    versions: ['3.2.0'],
    stack: node(
      'Error: Cannot set headers after they are sent to the client',
      'reply (file:///srv/gateway/src/reply.ts:8:7)',
    ),
  },
];

/** The request that an occurrence came from. Bodies and headers hold quotes and secrets on purpose. */
export function http(kind: NonNullable<Script['http']>, index: number): HttpContext {
  const headers = {
    Accept: 'application/json',
    Authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.secret',
    'User-Agent': 'SoundWave/7.1 (iPhone; iOS 19.2)',
    'X-Request-Id': `req-${8800 + index}`,
  };
  if (kind === 'track')
    return {
      method: 'GET',
      url: `http://tracks.local/tracks/${8841 + index}?access_token=abc123&expand=user`,
      headers,
      body: null,
    };
  if (kind === 'search')
    return {
      method: 'GET',
      url: `http://search.local/search?q=it%27s+${index}&limit=20`,
      headers,
      body: null,
    };
  return {
    method: 'POST',
    url: 'http://tracks.local/tracks',
    headers: { ...headers, 'Content-Type': 'application/json', Cookie: 'sid=91d2' },
    body: JSON.stringify({ title: `it's "loud" & $HOME`, released: '2026-02-31', password: 'hunter2' }),
  };
}
