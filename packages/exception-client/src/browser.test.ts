import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describeWith, FakeClock, findExecutable, startProcess, tempDir, waitFor } from '@binnacle/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startPushServer } from '../test/pushServer.ts';
import {
  createExceptionCollector,
  type BrowserWindow,
  type CollectorOptions,
  type PeriskopExport,
} from './browser.ts';

async function bundle(): Promise<{ text: string; imports: string[] }> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('browser.ts', import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    metafile: true,
  });
  const [output] = Object.values(result.metafile.outputs);
  return { text: result.outputFiles[0]!.text, imports: output!.imports.map(({ path }) => path) };
}

describe('the bundle', () => {
  it('is below 6 kB when compressed, and imports nothing', async () => {
    const { text, imports } = await bundle();
    expect(gzipSync(text).length).toBeLessThan(6_000);
    expect(imports).toEqual([]);
  });
});

/** A page on a fake clock: its listeners, and the beacons it sent. */
function pageWith(options: Partial<CollectorOptions> = {}) {
  const listeners = new Map<string, Set<(event: object) => void>>();
  const beacons: { url: string; body: Blob }[] = [];
  const page: BrowserWindow = {
    location: { href: 'https://shop.example/cart?token=S3CRET&page=2#top' },
    navigator: {
      userAgent: 'Browser/1.0',
      sendBeacon: (url, body) => beacons.push({ url, body }) > 0,
    },
    addEventListener: (type, listener) => {
      listeners.set(type, (listeners.get(type) ?? new Set()).add(listener));
    },
    removeEventListener: (type, listener) => {
      listeners.get(type)?.delete(listener);
    },
  };
  const clock = new FakeClock();
  const collector = createExceptionCollector({ service: 'shop', clock, ...options }, page);
  const fire = (type: string, event: object = {}): void =>
    listeners.get(type)?.forEach((listener) => listener(event));
  const beaconed = async (): Promise<PeriskopExport[]> =>
    Promise.all(beacons.map(async ({ body }) => JSON.parse(await body.text()) as PeriskopExport));
  const listening = (): number => [...listeners.values()].reduce((sum, { size }) => sum + size, 0);
  return { page, clock, collector, fire, beacons, beaconed, listening };
}

describe('a page', () => {
  it('reports what reaches window.onerror and unhandledrejection, with its address', () => {
    const { collector, fire } = pageWith();
    collector.captureWindowErrors();
    collector.captureWindowErrors();
    fire('error', { message: 'Uncaught TypeError: a', error: new TypeError('a') });
    fire('error', {
      message: 'Script error.',
      filename: 'https://cdn.example/x.js',
      lineno: 3,
      colno: 4,
      error: null,
    });
    fire('error', { target: 'an image that failed to load' });
    fire('unhandledrejection', { reason: 'b' });
    const errors = collector.export().aggregated_errors.map(({ latest_errors: [first] }) => first!);
    expect(errors.map(({ error }) => [error.class, error.message])).toEqual([
      ['TypeError', 'a'],
      ['WindowError', 'Script error.'],
      ['string', 'b'],
    ]);
    expect(errors[1]!.error.stacktrace).toEqual(['at https://cdn.example/x.js:3:4']);
    expect(errors[0]!.http_context).toEqual({
      request_method: 'GET',
      request_url: 'https://shop.example/cart?token=[redacted]&page=2#top',
      request_headers: { 'User-Agent': 'Browser/1.0' },
      request_body: null,
    });
  });

  it('pushes while it is open', async () => {
    await using server = await startPushServer();
    const { collector, clock } = pageWith();
    collector.pushTo(server.origin, { intervalMs: 1_000 });
    collector.report('x', { key: 'k' });
    clock.advance(1_200);
    await waitFor(() => server.received.length > 0);
    expect(server.received[0]!.url).toBe('/api/v1/push?service=shop');
    expect(server.totals()).toEqual(new Map([['k', 1]]));
    await collector.close();
  });

  it('sends a beacon when it is hidden or left, once per change', async () => {
    const { collector, fire, beacons, beaconed } = pageWith();
    collector.pushTo('/errors');
    fire('pagehide');
    expect(beacons).toEqual([]);
    collector.report('x', { key: 'k' });
    fire('visibilitychange');
    fire('pagehide');
    collector.report('x', { key: 'k' });
    fire('pagehide');
    expect(beacons.map(({ url }) => url)).toEqual(Array(2).fill('https://shop.example/errors?service=shop'));
    expect(beacons.map(({ body }) => body.type)).toEqual(Array(2).fill('application/json'));
    expect((await beaconed()).map(({ aggregated_errors }) => aggregated_errors[0]!.total_count)).toEqual([
      1, 2,
    ]);
  });

  it('sends what browsers take from a page that leaves: below 64 KiB, with every count', async () => {
    const { collector, fire, beaconed } = pageWith();
    collector.pushTo('/errors');
    for (let index = 0; index < 300; index++) collector.report('x'.repeat(1_000), { key: `k${index % 100}` });
    fire('pagehide');
    const [payload] = await beaconed();
    expect(JSON.stringify(payload).length).toBeLessThan(64 * 1_024);
    expect(payload!.aggregated_errors.map(({ total_count }) => total_count)).toEqual(Array(100).fill(3));
  });

  describe('that cannot send a beacon', () => {
    afterEach(() => vi.unstubAllGlobals());

    it.each([
      [
        'has none',
        { headers: {} },
        (page: BrowserWindow) => delete (page.navigator as { sendBeacon?: unknown }).sendBeacon,
      ],
      ['was refused', { headers: {} }, (page: BrowserWindow) => (page.navigator.sendBeacon = () => false)],
      ['has headers to send', { headers: { authorization: 'Bearer t' } }, () => undefined],
    ])('because it %s makes a request that outlives it', async (_, options, change) => {
      const fetched = vi.fn(async (_url: string, _init: RequestInit) => new Response());
      vi.stubGlobal('fetch', fetched);
      const { page, collector, fire } = pageWith();
      change(page);
      collector.pushTo('/errors', options);
      collector.report('x');
      fire('pagehide');
      expect(fetched).toHaveBeenCalledExactlyOnceWith(
        'https://shop.example/errors?service=shop',
        expect.objectContaining({
          method: 'POST',
          keepalive: true,
          headers: expect.objectContaining(options.headers),
        }),
      );
    });
  });

  it('is left alone after close', async () => {
    const { collector, clock, listening } = pageWith();
    collector.captureWindowErrors();
    collector.pushTo('/errors').stop();
    collector.pushTo('/errors');
    expect(listening()).toBeGreaterThan(0);
    await collector.close();
    expect([listening(), clock.pending]).toEqual([0, 0]);
  });

  it('makes a UUID also where the browser has no randomUUID', () => {
    const { getRandomValues } = crypto;
    vi.stubGlobal('crypto', { getRandomValues: getRandomValues.bind(crypto) });
    const uuids = Array.from({ length: 100 }, () => pageWith().collector.export().target_uuid);
    vi.unstubAllGlobals();
    expect(new Set(uuids).size).toBe(100);
    for (const uuid of uuids) {
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });
});

describeWith('chromium', 'a page in Chromium', () => {
  it('pushes what it throws', async () => {
    const { text } = await bundle();
    const pushes: PeriskopExport[] = [];
    const server = createServer((request, response) => {
      if (request.method === 'POST') {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        request.on('end', () => {
          pushes.push(JSON.parse(body) as PeriskopExport);
          response.writeHead(204).end();
        });
      } else if (request.url === '/client.js') {
        response.writeHead(200, { 'content-type': 'text/javascript' }).end(text);
      } else {
        response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    using profile = tempDir('chromium');
    await using browser = await startProcess({
      command: process.env['CHROMIUM_PATH'] ?? findExecutable('chromium')!,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--remote-debugging-port=0',
        `--user-data-dir=${profile.path}`,
        `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      ],
      readyOutput: /DevTools listening/,
    });
    const errors = (): Map<string, number> =>
      new Map(
        pushes.at(-1)?.aggregated_errors.map((one) => [one.latest_errors[0]!.error.message, one.total_count]),
      );
    await waitFor(() => errors().size === 3, { what: `three errors from ${browser.child.pid}` });
    expect(errors()).toEqual(
      new Map([
        ['thrown', 2],
        ['rejected', 1],
        ['reported', 1],
      ]),
    );
    expect(new Set(pushes.map(({ target_uuid }) => target_uuid)).size).toBe(1);
    await browser.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const PAGE = `<!doctype html><script type="module">
    import { createExceptionCollector } from '/client.js';
    const collector = createExceptionCollector({ service: 'page' });
    collector.captureWindowErrors();
    collector.pushTo('/', { intervalMs: 100 });
    function fail() { throw new Error('thrown'); }
    setTimeout(fail); setTimeout(fail);
    Promise.reject(new TypeError('rejected'));
    collector.report(new RangeError('reported'));
  </script>`;
});
