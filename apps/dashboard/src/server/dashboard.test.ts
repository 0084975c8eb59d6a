import { mkdirSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { startService, type RunningService } from '@binnacle/service-kit';
import { freePort, tempDir, waitFor, type TempDir } from '@binnacle/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeExceptionServer, type FakeExceptionServer } from '../testing/fakeExceptionServer.ts';
import { dashboard } from './dashboard.ts';

let pages: TempDir;
let backend: FakeExceptionServer;
let running: RunningService;

const start = (...argv: string[]): Promise<RunningService> =>
  startService(dashboard(pages.path), {
    argv: ['--web.listen-address=127.0.0.1:0', '--log.level=error', ...argv],
  });

beforeAll(async () => {
  pages = tempDir('pages');
  writeFileSync(
    join(pages.path, 'index.html'),
    '<base href="/" /><script nonce="BINNACLE_CSP_NONCE"></script>',
  );
  writeFileSync(join(pages.path, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  mkdirSync(join(pages.path, 'assets'));
  writeFileSync(join(pages.path, 'assets/app-1a2b.js'), 'export {};');
  backend = await startFakeExceptionServer();
  running = await start(`--exceptions.url=${backend.url}`);
});

afterAll(async () => {
  await running.stop();
  await backend.close();
  pages.remove();
});

describe('pages', () => {
  test.each(['/', '/exceptions', '/exceptions/tracks/a%2F%2Fb%3F', '/no/such/page?x=1'])(
    '%s is the app',
    async (path) => {
      const response = await fetch(running.url + path);
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        'text/html; charset=utf-8',
      ]);
      expect(response.headers.get('cache-control')).toBe('no-cache');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    },
  );

  test('each page has a nonce of its own, in the policy and in the tags', async () => {
    const nonces = await Promise.all(
      [1, 2].map(async () => {
        const response = await fetch(running.url);
        const [, nonce] = /'nonce-([^']+)'/.exec(response.headers.get('content-security-policy')!)!;
        expect(await response.text()).toContain(`<script nonce="${nonce}">`);
        return nonce;
      }),
    );
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  test('files with a hash are kept for a year, others are asked for again', async () => {
    const hashed = await fetch(`${running.url}/assets/app-1a2b.js`);
    expect(hashed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const plain = await fetch(`${running.url}/favicon.svg`);
    expect([plain.headers.get('content-type'), plain.headers.get('cache-control')]).toEqual([
      'image/svg+xml',
      'no-cache',
    ]);
  });

  test.each(['/index.html', '/..%2f..%2fpackage.json', '/.vite/manifest.json', '/assets', '/%2e%2e/x'])(
    '%s is not a file of its own',
    async (path) => {
      const response = await fetch(running.url + path);
      expect(response.headers.get('content-type')).toMatch(/^(?:text\/html|application\/json)/);
      expect(await response.text()).toMatch(/<base href|DASHBOARD_NO_ASSET/);
    },
  );

  test.each(['/assets/gone-9.js', '/api/nothing/here'])('%s is not the app', async (path) => {
    const response = await fetch(running.url + path);
    expect([response.status, await response.json()]).toEqual([
      404,
      {
        error: { code: 'DASHBOARD_NO_ASSET', message: `no file ${path}. After an update, reload the page.` },
      },
    ]);
  });

  test('/metrics is the app for browsers and the metrics of this server for who collects them', async () => {
    const page = await fetch(`${running.url}/metrics`, { headers: { accept: 'text/html,*/*;q=0.8' } });
    expect(await page.text()).toContain('<base href="/"');
    const metrics = await fetch(`${running.url}/metrics`, {
      headers: { accept: 'text/plain;version=0.0.4' },
    });
    expect(await metrics.text()).toContain('# TYPE process_cpu_seconds_total counter');
    expect(await (await fetch(`${running.url}/metrics`)).text()).toContain('# TYPE');
  });

  test('they work under a prefix', async () => {
    await using prefixed = await start(
      `--exceptions.url=${backend.url}`,
      '--web.external-url=http://example.test/tools/binnacle',
    );
    expect(await (await fetch(`${prefixed.url}/exceptions`)).text()).toContain(
      '<base href="/tools/binnacle/"',
    );
    expect((await fetch(`${prefixed.url}/api/exceptions/api/v1/services`)).status).toBe(200);
  });

  test('a folder without pages says how to make them', async () => {
    using empty = tempDir('empty');
    const starting = startService(dashboard(empty.path), {
      argv: ['--web.listen-address=127.0.0.1:0', '--log.level=error'],
    });
    await expect(starting).rejects.toThrow('npm run build -w apps/dashboard');
  });
});

describe('the proxy', () => {
  test('forwards path, query and body as they are', async () => {
    const list = await fetch(
      `${running.url}/api/exceptions/api/v1/exceptions?status=all&q=${encodeURIComponent('cursor?older#than%20floor')}`,
    );
    const { items } = (await list.json()) as { items: { id: string; key: string }[] };
    expect(items.map(({ key }) => key)).toEqual(['timeline//cursor?older#than%20floor']);
    const acted = await fetch(`${running.url}/api/exceptions/api/v1/exceptions/actions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ids: [items[0]!.id], action: 'resolve' }),
    });
    expect([acted.status, ((await acted.json()) as { affected: number }).affected]).toEqual([200, 1]);
  });

  test("passes on the backend's own errors", async () => {
    const response = await fetch(`${running.url}/api/exceptions/api/v1/exceptions/0123`);
    expect([response.status, await response.json()]).toEqual([
      404,
      { error: { code: 'EXCEPTIONS_404', message: 'no exception has the id 0123' } },
    ]);
  });

  test('a dead backend is a 502 that says which one and where', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    await using alone = await start(`--exceptions.url=${url}`);
    const response = await fetch(`${alone.url}/api/exceptions/api/v1/services`);
    expect([response.status, await response.json()]).toEqual([
      502,
      {
        error: {
          code: 'DASHBOARD_BACKEND_UNREACHABLE',
          message: `exception-server at ${url} does not answer: ECONNREFUSED. Is it running? Its address is the flag --exceptions.url.`,
        },
      },
    ]);
  });

  test('a backend that is left out says so, and the pages can ask whether one is ready', async () => {
    await using alone = await start(`--exceptions.url=${backend.url}`, '--metrics.url=');
    const state = await fetch(`${alone.url}/api/metrics/-/ready`);
    expect(await state.json()).toEqual({ configured: false, ready: false });
    const refused = await fetch(`${alone.url}/api/metrics/api/v1/query?query=up`);
    expect([refused.status, await refused.json()]).toEqual([
      404,
      {
        error: {
          code: 'DASHBOARD_BACKEND_ABSENT',
          message: 'this dashboard has no metrics-server; start it with --metrics.url to give it one.',
        },
      },
    ]);
    const url = `http://127.0.0.1:${await freePort()}`;
    await using dead = await start(`--exceptions.url=${backend.url}`, `--metrics.url=${url}`);
    const asked = await fetch(`${dead.url}/api/metrics/-/ready`);
    expect(await asked.json()).toEqual({ configured: true, ready: false });
    const unreachable = await fetch(`${dead.url}/api/metrics/api/v1/query?query=up`);
    expect(await unreachable.text()).toContain('Its address is the flag --metrics.url.');
  });

  test('streams events as they come, and lets go of the backend with the client', async () => {
    const leave = new AbortController();
    const response = await fetch(`${running.url}/api/exceptions/api/v1/changes`, { signal: leave.signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toContain(': connected');
    backend.announce({
      id: 'a',
      service: 's',
      key: 'k',
      status: 'new',
      kind: 'first_seen',
      at: '2026-01-15T14:00:00Z',
    });
    expect((await reader.read()).value).toContain('"first_seen"');
    expect(backend.listeners).toBe(1);
    leave.abort();
    await waitFor(() => backend.listeners === 0, { what: 'the backend to lose its listener' });
  });

  test('shutting down ends the streams at once', async () => {
    const stopping = await start(`--exceptions.url=${backend.url}`, '--shutdown.deadline=20s');
    const response = await fetch(`${stopping.url}/api/exceptions/api/v1/changes`);
    const ended = response.text().then(
      () => 'ended',
      () => 'ended',
    );
    expect(await stopping.stop()).toBe(0);
    expect(await ended).toBe('ended');
  });

  test.each(['cross-site', 'same-site'])('what changes something is refused from a %s page', async (site) => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const url = `${running.url}/api/exceptions/api/v1/exceptions/actions`;
      const request = httpRequest(
        url,
        { method: 'POST', headers: { 'sec-fetch-site': site, 'content-type': 'application/json' } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      );
      request.on('error', reject);
      request.end('{}');
    });
    expect(status).toBe(403);
  });

  test.each(['/-/quit', '/%2D/quit', '/-/reload'])('%s of the backend is out of reach', async (path) => {
    const response = await fetch(`${running.url}/api/exceptions${path}`, { method: 'POST' });
    expect(((await response.json()) as { error: { code: string } }).error.code).toBe(
      'DASHBOARD_NOT_FORWARDED',
    );
  });
});

test.each(['ftp://x', 'nonsense', 'http://x/?a=1'])('--exceptions.url=%s is refused', async (value) => {
  await expect(start(`--exceptions.url=${value}`)).rejects.toThrow(
    'expected a URL such as http://127.0.0.1:9595',
  );
});
