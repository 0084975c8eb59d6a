import { describe, expect, test } from 'vitest';
import { gateTable, verdict } from './gates.ts';
import { parseOptions } from './options.ts';
import { profileGates, profileSummary, profileTable, type ServerFigures } from './profileReport.ts';
import { PROFILES } from './profiles.ts';
import { requestTable, slowRequestsLine } from './requestReport.ts';
import { requestPath, REQUESTS } from './requests.ts';
import { geometricMean, median } from './statistics.ts';
import { summaryTable } from './summary.ts';
import { formatTable, short } from './table.ts';

function figures(name: ServerFigures['name'], scale: number): ServerFigures {
  return {
    name,
    ingest: {
      samples: 1,
      cpuSecondsPerMillion: 2 * scale,
      peakResidentBytes: 2 ** 20 * scale,
      residentBytes: 2 ** 19 * scale,
    },
    queries: {
      requests: REQUESTS.map(() => ({ medianMs: 10 * scale, fastestMs: 9 * scale, cpuMs: 8 * scale })),
      peakResidentBytes: 2 ** 20,
    },
    concurrentPerSecond: 10,
    bytesPerSample: scale,
  };
}

test('median and geometric mean', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(geometricMean([1, 4, 16])).toBeCloseTo(4, 12);
});

test('a table aligns its columns', () => {
  const text = formatTable(
    ['name', 'n'],
    [
      ['a', '100'],
      ['long name', '1'],
    ],
  );
  expect(text).toBe('name         n\n---------  ---\na          100\nlong name    1');
});

test('numbers keep three digits', () => {
  expect([1234.5, 12.345, 0.012345, 0, NaN].map(short)).toEqual(['1235', '12.3', '0.0123', '0', '-']);
});

describe('the gates', () => {
  test('a figure passes at its gate and reaches its goal at it', () => {
    const at = (value: number): string => verdict({ figure: '', gate: 2, goal: 1, value });
    expect([0.5, 1, 1.1, 2, 2.1, NaN].map(at)).toEqual(['goal', 'goal', 'pass', 'pass', 'FAIL', 'FAIL']);
    expect(gateTable([{ figure: 'x', gate: 2, goal: 1, value: 3 }])).toContain('FAIL');
  });

  test('ratios are ours divided by Prometheus, whichever peers there are', () => {
    const servers = [figures('metrics-server', 1), figures('victoria-metrics', 9), figures('prometheus', 4)];
    for (const profile of PROFILES) {
      const gates = profileGates(profile, servers);
      for (const measure of ['p50', 'fastest', 'CPU']) {
        const gate = gates.find(({ figure }) => figure.endsWith(`requests, ratio of ${measure}`));
        expect(gate?.value).toBeCloseTo(0.25, 12);
      }
      expect(gates.find(({ figure }) => figure.includes('slowest'))?.value).toBe(0.25);
    }
  });

  test('without Prometheus there are none on ratios', () => {
    const gates = profileGates(PROFILES[1]!, [figures('metrics-server', 1)]);
    expect(gates.map(({ figure }) => figure)).toEqual(['s100k: remote write, CPU s / M samples']);
  });

  test('the table has a ratio after each peer', () => {
    const table = profileTable([figures('metrics-server', 1), figures('prometheus', 2)]);
    expect(table).toMatch(/the mix once, CPU ms +168 +336 +x0\.5\n/);
  });
});

describe('the requests', () => {
  test('are rows of milliseconds and ratios, with their geometric mean', () => {
    const table = requestTable([figures('metrics-server', 1), figures('prometheus', 2)]);
    const numbers = '10 +9 +8 +20 +18 +16 +x0\\.5 +x0\\.5 +x0\\.5';
    expect(table).toMatch(new RegExp(`^i_one_gauge +${numbers}$`, 'm'));
    expect(table).toMatch(new RegExp(`^geometric mean +${numbers}$`, 'm'));
  });

  test('are named when they take longer than 1.5 times what Prometheus takes', () => {
    const prometheus = figures('prometheus', 1);
    expect(slowRequestsLine(figures('metrics-server', 1.5), prometheus)).toMatch(/^No request/);
    const slow = figures('metrics-server', 1);
    const requests = slow.queries.requests.map((one, i) => (i === 1 ? { ...one, medianMs: 16 } : one));
    expect(slowRequestsLine({ ...slow, queries: { ...slow.queries, requests } }, prometheus)).toContain(
      ': i_instance_all (p50 x1.6, fastest x1, CPU x1).',
    );
  });
});

test('one table has every figure of every server, and - where one has none', () => {
  const [s10k] = PROFILES;
  const rows = profileSummary(s10k!, [figures('metrics-server', 1), figures('prometheus', 2)]);
  const table = summaryTable(rows, ['prometheus', 'victoria-metrics']);
  expect(table).toMatch(/^ +metrics-server +prometheus +ratio +victoria-metrics +ratio\n/);
  expect(table).toMatch(/\ns10k: disk, bytes \/ sample, compacted +1 +2 +x0\.5 +- +-\n/);
  expect(table).toMatch(/\ns10k: resident MiB after writing +0\.5 +1 +x0\.5 /);
});

describe('the options', () => {
  test('run everything unless told otherwise', () => {
    const { profiles, peers, runs, scrape } = parseOptions([]);
    expect(profiles).toEqual(PROFILES);
    expect(peers).toEqual(['prometheus', 'victoria-metrics']);
    expect([runs, scrape]).toEqual([9, true]);
  });

  test('choose, shrink and leave out', () => {
    const options = parseOptions(['--profile=hist', '--peers=none', '--quick', '--no-scrape']);
    expect(options.profiles.map(({ name }) => name)).toEqual(['hist']);
    expect(options).toMatchObject({ peers: [], runs: 3, scrape: false });
  });

  test('say what was expected', () => {
    expect(() => parseOptions(['--profile=big'])).toThrow(
      '--profile: expected some of s10k, s100k, hist or none',
    );
    expect(() => parseOptions(['--runs=0'])).toThrow('--runs: expected a whole number');
  });
});

test('a request ends at the end of the data and does not reach before it', () => {
  const [s10k] = PROFILES;
  const of = (id: string): URLSearchParams => {
    const path = requestPath(
      REQUESTS.find((one) => one.id === id)!,
      s10k!,
      10_000_000_000,
    );
    return new URLSearchParams(path.split('?')[1]);
  };
  expect(of('i_one_gauge').get('time')).toBe('10000000');
  expect(of('r_rate_by_job_1h').get('start')).toBe('9996400');
  expect(of('r_rate_full_span_60s').get('start')).toBe('9992800');
  expect(of('m_series').get('match[]')).toBe('http_requests_total{job="api",code="200"}');
  expect(REQUESTS).toHaveLength(21);
});
