/** A request shape that Roshi was measured with: so many keys, inserts or selects. */
export interface Shape {
  readonly name: string;
  readonly tuples: number;
  /** Requests a second over Roshi's, at least. */
  readonly gate: number;
  /** CPU of a request to Roshi with three clusters, in microseconds: its own and its three servers'. */
  readonly recordedMicros: { readonly roshi: number; readonly redis: number };
  /** Requests a second of that run. */
  readonly recordedRate: number;
  /** Lua that gives the next request of wrk. */
  readonly request: string;
}

export const KEYS = 1000;

/**
 * Any text of digits whose length is a multiple of four is base64, so that requests are cheap to make: a key is 9
 * bytes, a member 18.
 */
const PRELUDE = `
local n = SEED * 1000000000
math.randomseed(SEED)
local function key()
  return string.format('"%012d"', math.random(${KEYS}))
end
local function tuple()
  n = n + 1
  return string.format('{"key":%s,"score":%d,"member":"%024d"}', key(), SCORE + n % 1000000000, n)
end
local function many(count, make)
  local parts = {}
  for i = 1, count do parts[i] = make() end
  return '[' .. table.concat(parts, ',') .. ']'
end
`;

/** The four shapes of Roshi's record (2 vCPU, farm of three clusters, SendAllReadAll, 1,000 keys, 16 connections). */
export const SHAPES: readonly Shape[] = [
  {
    name: 'insert 1',
    tuples: 1,
    gate: 1,
    recordedMicros: { roshi: 210, redis: 152 },
    recordedRate: 4447,
    request: `return wrk.format('POST', '/', nil, many(1, tuple))`,
  },
  {
    name: 'insert 100',
    tuples: 100,
    gate: 3,
    recordedMicros: { roshi: 2200, redis: 5800 },
    recordedRate: 230,
    request: `return wrk.format('POST', '/', nil, many(100, tuple))`,
  },
  {
    name: 'select 1',
    tuples: 0,
    gate: 1,
    recordedMicros: { roshi: 274, redis: 111 },
    recordedRate: 3554,
    request: `return wrk.format('GET', '/?limit=10', nil, many(1, key))`,
  },
  {
    name: 'select 100',
    tuples: 0,
    gate: 4,
    recordedMicros: { roshi: 11_800, redis: 6800 },
    recordedRate: 100,
    request: `return wrk.format('GET', '/?coalesce=true&limit=20', nil, many(100, key))`,
  },
];

/** A wrk script; every run needs another seed, so that no insert repeats an earlier one. */
export function wrkScript(shape: Shape, seed: number): string {
  const prelude = PRELUDE.replaceAll('SEED', String(seed)).replaceAll(
    'SCORE',
    String(1_700_000_000_000 + seed * 1e7),
  );
  return `${prelude}
function request() ${shape.request} end
function done(summary, latency)
  io.write(string.format('RESULT %d %d %d %d %d\\n', summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
`;
}
