import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { PushedServer } from '../testing/pusher.ts';
import type { ListedException } from '../testing/server.ts';
import { describeOnEachStorage } from '../testing/storages.ts';

const HOUR_MS = 3_600_000;
type Page = {
  items: ListedException[];
  nextCursor: string | null;
  total: number;
  window: { from: string; to: string; stepSeconds: number };
};

describeOnEachStorage('the API', (newStorage) => {
  async function withFleet() {
    const fleet = await PushedServer.start(await newStorage());
    const { clock } = fleet;
    await fleet.report('TypeError@1', { times: 3, labels: { region: 'eu' }, message: 'x is 100% wrong' });
    clock.advance(HOUR_MS);
    await fleet.report('TypeError@1', {
      times: 4,
      version: '2',
      labels: { region: 'us' },
      message: 'x is 100% wrong',
    });
    await fleet.report('RangeError@2', { times: 9, severity: 'fatal' });
    clock.advance(10 * 60_000);
    await fleet.report('a//b ? # %\n', { service: 'search', severity: 'info', message: 'under_score' });
    return fleet;
  }
  const keys = (items: ListedException[]) => items.map(({ key }) => key);

  it('lists exceptions with counts of the window', async () => {
    await using fleet = await withFleet();
    const page = await fleet.server.get<Page>('/api/v1/exceptions');
    expect(page.total).toBe(3);
    expect(keys(page.items)).toEqual(['a//b ? # %\n', 'RangeError@2', 'TypeError@1']);
    const type = page.items[2]!;
    expect(type).toMatchObject({
      id: createHash('sha256').update('shop\0TypeError@1').digest('hex').slice(0, 32),
      service: 'shop',
      class: 'TypeError',
      message: 'x is 100% wrong',
      severity: 'error',
      status: 'new',
      count: 4,
      previousCount: 3,
      totalCount: 7,
      firstSeen: '2026-01-15T15:00:00.000Z',
      lastSeen: '2026-01-15T16:00:00.000Z',
      versions: ['2', '1'],
      coverage: { answered: 0, total: 0 },
      mute: null,
      resolvedAt: null,
      regression: null,
      labels: { region: 'us' },
    });
    expect(type.sparkline.length).toBeLessThanOrEqual(60);
    expect(type.sparkline.reduce((a, b) => a + b, 0)).toBe(4);
    expect(page.window.stepSeconds).toBe(60);
  });

  it('filters', async () => {
    await using fleet = await withFleet();
    const found = async (query: string) =>
      keys((await fleet.server.get<Page>(`/api/v1/exceptions?${query}`)).items);
    expect(await found('service=search')).toEqual(['a//b ? # %\n']);
    expect(await found('service=search&service=shop')).toHaveLength(3);
    expect(await found('severity=fatal&severity=info')).toHaveLength(2);
    expect(await found('class=RangeError')).toEqual(['RangeError@2']);
    expect(await found('version=2')).toEqual(['TypeError@1']);
    expect(await found('status=resolved')).toEqual([]);
    expect(await found('status=new&status=ongoing')).toHaveLength(3);
    expect(await found('q=TYPEERROR%20wrong')).toEqual(['TypeError@1']);
    expect(await found('q=100%25')).toEqual(['TypeError@1']);
    expect(await found('q=under_')).toEqual(['a//b ? # %\n']);
    expect(await found('q=under%25score')).toEqual([]);
    expect(await found('q=b%20%3F')).toEqual(['a//b ? # %\n']);
    expect(await found('label=region%3Deu')).toEqual(['TypeError@1']);
    expect(await found('label=region%3Deu&label=region%3Dus')).toEqual(['TypeError@1']);
    expect(await found('label=region%3Dasia')).toEqual([]);
    expect(await found('lastSeenAfter=2026-01-15T16:05:00Z')).toEqual(['a//b ? # %\n']);
    expect(await found('firstSeenAfter=2026-01-15T15:30:00Z')).toHaveLength(2);
  });

  it('sorts and pages without gaps or repeats (property)', async () => {
    await using fleet = await PushedServer.start(await newStorage());
    const expected = new Map<string, number>();
    for (let i = 0; i < 17; i++) {
      await fleet.report(`E@${i}`, { times: 1 + (i % 3), severity: i % 2 === 0 ? 'error' : 'info' });
      expected.set(`E@${i}`, 1 + (i % 3));
      if (i % 4 === 0) fleet.clock.advance(1000);
    }
    const sorts = ['-lastSeen', 'lastSeen', '-count', '-totalCount', '-firstSeen', '-delta', 'severity'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...sorts), fc.integer({ min: 1, max: 20 }), async (sort, limit) => {
        const items: ListedException[] = [];
        let cursor = '';
        do {
          const page: Page = await fleet.server.get(
            `/api/v1/exceptions?sort=${sort}&limit=${limit}${cursor}`,
          );
          items.push(...page.items);
          expect(page.total).toBe(17);
          cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
        } while (cursor !== '');
        expect(new Set(keys(items)).size).toBe(17);
        for (let i = 1; i < items.length; i++) {
          const [a, b] = [items[i - 1]!, items[i]!];
          if (sort === '-lastSeen') expect(a.lastSeen >= b.lastSeen).toBe(true);
          if (sort === 'lastSeen') expect(a.lastSeen <= b.lastSeen).toBe(true);
          if (sort === '-count' || sort === '-delta') expect(a.count).toBeGreaterThanOrEqual(b.count);
          if (sort === '-totalCount') expect(a.totalCount).toBeGreaterThanOrEqual(b.totalCount);
          if (sort === 'severity') expect(a.severity <= b.severity).toBe(true);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('shows one exception with samples, versions, instances and history', async () => {
    await using fleet = await withFleet();
    const id = await fleet.idOf('TypeError@1');
    const detail = await fleet.server.get<{ samples: { timestamp: string; uuid: string }[] }>(
      `/api/v1/exceptions/${id}`,
    );
    expect(detail).toMatchObject({
      id,
      createdAt: '2026-01-15T15:00:00.000Z',
      byVersion: [
        {
          version: '2',
          firstSeen: '2026-01-15T16:00:00.000Z',
          lastSeen: '2026-01-15T16:00:00.000Z',
          totalCount: 4,
        },
        { version: '1', totalCount: 3 },
      ],
      byInstance: [
        { targetUuid: 'shop 2', totalCount: 4 },
        { targetUuid: 'shop 1', totalCount: 3, up: false },
      ],
      activity: [{ action: 'first_seen', at: '2026-01-15T15:00:00.000Z' }],
    });
    expect(detail.samples).toHaveLength(7);
    const times = detail.samples.map(({ timestamp }) => timestamp);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(detail.samples[0]).toMatchObject({
      severity: 'error',
      version: '2',
      error: { class: 'TypeError', message: 'x is 100% wrong', stacktrace: ['at x'], cause: null },
      http: null,
    });
  });

  it('gives counts over time, by version too, from minutes or hours', async () => {
    await using fleet = await withFleet();
    const id = await fleet.idOf('TypeError@1');
    const range = 'from=2026-01-15T15:00:00Z&to=2026-01-15T17:00:00Z';
    expect(
      await fleet.server.get(`/api/v1/exceptions/${id}/series?${range}&stepSeconds=3600&by=version`),
    ).toEqual({
      from: '2026-01-15T15:00:00.000Z',
      stepSeconds: 3600,
      series: [
        { labels: { version: '1' }, counts: [3, 0] },
        { labels: { version: '2' }, counts: [0, 4] },
      ],
    });
    expect(await fleet.server.get(`/api/v1/exceptions/${id}/series?${range}&stepSeconds=1800`)).toMatchObject(
      {
        series: [{ labels: {}, counts: [3, 0, 4, 0] }],
      },
    );
    fleet.clock.advance(30 * 24 * HOUR_MS);
    expect(await fleet.server.get(`/api/v1/exceptions/${id}/series?${range}`)).toMatchObject({
      stepSeconds: 3600,
      series: [{ counts: [3, 4] }],
    });
  });

  it('counts facets, each without its own filter', async () => {
    await using fleet = await withFleet();
    expect(await fleet.server.get('/api/v1/facets?service=shop')).toEqual({
      services: [
        { value: 'shop', count: 2 },
        { value: 'search', count: 1 },
      ],
      severities: [
        { value: 'error', count: 1 },
        { value: 'fatal', count: 1 },
      ],
      classes: [
        { value: 'RangeError', count: 1 },
        { value: 'TypeError', count: 1 },
      ],
      versions: [
        { value: '1', count: 2 },
        { value: '2', count: 1 },
      ],
      statuses: [{ value: 'new', count: 2 }],
    });
  });

  it('sums up services', async () => {
    await using fleet = await withFleet();
    await fleet.act([await fleet.idOf('RangeError@2')], 'resolve');
    expect(await fleet.server.get('/api/v1/services')).toEqual({
      services: [
        {
          name: 'search',
          exceptions: 1,
          newExceptions: 1,
          count: 1,
          targets: { up: 0, total: 0 },
          lastSeen: '2026-01-15T16:10:00.000Z',
        },
        {
          name: 'shop',
          exceptions: 1,
          newExceptions: 2,
          count: 13,
          targets: { up: 0, total: 0 },
          lastSeen: '2026-01-15T16:00:00.000Z',
        },
      ],
    });
  });

  it('takes no NUL, and any other text', async () => {
    await using fleet = await withFleet();
    for (const name of ['q', 'service', 'class', 'version', 'severity', 'label']) {
      const bad = await fetch(`${fleet.server.url}/api/v1/exceptions?${name}=a%3D%00`);
      expect([name, bad.status]).toEqual([name, 400]);
      expect(await fleet.server.get(`/api/v1/exceptions?${name}=a%3D%27%5C%25%F0%9F%98%80`)).toMatchObject({
        items: [],
      });
    }
    expect((await fetch(`${fleet.server.url}/services/shop/errors/%00/`, { method: 'DELETE' })).status).toBe(
      204,
    );
    await expect(fleet.act([await fleet.idOf('TypeError@1')], 'resolve', { by: 'a\0' })).rejects.toThrow(
      /400/,
    );
    await fleet.report('nul \0 and \ud800', {
      service: 'odd \ud800',
      message: '\0',
      labels: { 'a\0': '\0' },
    });
    expect((await fleet.server.list('q=nul'))[0]).toMatchObject({
      key: 'nul \u2400 and \ufffd',
      message: '\u2400',
    });
  });

  it('describes itself', async () => {
    await using fleet = await PushedServer.start(await newStorage());
    const api = await fleet.server.get<{ openapi: string; paths: Record<string, unknown> }>(
      '/api/v1/openapi.json',
    );
    expect(api.openapi).toMatch(/^3\./);
    expect(Object.keys(api.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/exceptions',
        '/api/v1/exceptions/{id}',
        '/api/v1/exceptions/actions',
        '/api/v1/push',
        '/api/v1/changes',
        '/-/exceptions',
      ]),
    );
  });

  it.each([
    ['GET', '/api/v1/exceptions?limit=0', 400, 'EXCEPTIONS_BAD_REQUEST'],
    ['GET', '/api/v1/exceptions?limit=9999', 400, 'EXCEPTIONS_BAD_REQUEST'],
    ['GET', '/api/v1/exceptions?sort=random', 400, 'EXCEPTIONS_BAD_REQUEST'],
    ['GET', '/api/v1/exceptions?status=odd', 400, 'EXCEPTIONS_BAD_REQUEST'],
    ['GET', '/api/v1/exceptions?label=novalue', 400, 'EXCEPTIONS_BAD_REQUEST'],
    ['GET', '/api/v1/exceptions?from=yesterday', 400, 'EXCEPTIONS_BAD_REQUEST'],
    [
      'GET',
      '/api/v1/exceptions?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
      400,
      'EXCEPTIONS_BAD_REQUEST',
    ],
    ['GET', '/api/v1/exceptions?cursor=nonsense', 400, 'EXCEPTIONS_BAD_CURSOR'],
    [
      'GET',
      `/api/v1/exceptions?cursor=${Buffer.from('["-count",1,1]').toString('base64url')}`,
      400,
      'EXCEPTIONS_BAD_CURSOR',
    ],
    ['GET', '/api/v1/exceptions/nonsense', 400, 'EXCEPTIONS_BAD_REQUEST'],
    ['GET', `/api/v1/exceptions/${'0'.repeat(32)}`, 404, 'EXCEPTIONS_NOT_FOUND'],
    ['GET', `/api/v1/exceptions/${'0'.repeat(32)}/series?stepSeconds=1`, 400, 'EXCEPTIONS_BAD_REQUEST'],
    ['POST', '/api/v1/exceptions/actions', 400, 'EXCEPTIONS_BAD_REQUEST', '{"ids":[],"action":"resolve"}'],
    ['POST', '/api/v1/exceptions/actions', 400, 'EXCEPTIONS_BAD_REQUEST', '{"ids":["x"],"action":"resolve"}'],
    [
      'POST',
      '/api/v1/exceptions/actions',
      400,
      'EXCEPTIONS_BAD_REQUEST',
      `{"ids":["${'0'.repeat(32)}"],"action":"explode"}`,
    ],
    [
      'POST',
      '/api/v1/exceptions/actions',
      400,
      'EXCEPTIONS_BAD_REQUEST',
      `{"ids":["${'0'.repeat(32)}"],"action":"resolve","mute":{}}`,
    ],
    [
      'POST',
      '/api/v1/exceptions/actions',
      400,
      'EXCEPTIONS_BAD_REQUEST',
      `{"ids":["${'0'.repeat(32)}"],"action":"mute","mute":{"until":"2020-01-01T00:00:00Z"}}`,
    ],
    ['POST', '/api/v1/exceptions/actions', 400, undefined, '{"ids":'],
    ['POST', '/api/v1/exceptions/actions/undo', 410, 'EXCEPTIONS_UNDO_EXPIRED', '{"undoToken":"gone"}'],
  ])('answers %s %s with %i %s', async (method, path, status, code, body?: string) => {
    await using fleet = await PushedServer.start(':memory:');
    const response = await fetch(fleet.server.url + path, {
      method,
      ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
    });
    const answer = (await response.json()) as { error: { code: string; message: string } };
    expect(response.status).toBe(status);
    if (code !== undefined) expect(answer.error.code).toBe(code);
    expect(answer.error.message).not.toBe('');
  });
});
