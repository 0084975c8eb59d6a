import { Collector, type ExportOptions, type ReportOptions } from './collector.ts';
import type { PeriskopExport } from './exportFormat.ts';
import { resolveOptions, type CollectorOptions } from './options.ts';
import { urlPath } from './stablePath.ts';
import { Pusher, pushUrl, type Push, type PushOptions } from './push.ts';

export { OVERFLOW_KEY, type ExportOptions, type ReportOptions } from './collector.ts';
export type { PeriskopExport, Severity } from './exportFormat.ts';
export type { HttpContext } from './httpContext.ts';
export type { CollectorOptions, Limits } from './options.ts';
export type { Push, PushOptions } from './push.ts';
export { DEFAULT_REDACTED_NAMES } from './redact.ts';

/** Collects the exceptions of one page. */
export interface BrowserExceptionCollector {
  /** Counts one occurrence of anything that can be thrown. Never throws. */
  report(error: unknown, options?: ReportOptions): void;
  /** Everything so far, in Periskop's format. */
  export(options?: ExportOptions): PeriskopExport;
  /** Reports what reaches `window.onerror` and `unhandledrejection`. `close` ends it. */
  captureWindowErrors(): void;
  /** Pushes to exception-server, also when the page is hidden or left. `url` may be relative to the page. */
  pushTo(url: string, options?: PushOptions): Push;
  /** Pushes once more where something is new, and removes every listener and timer. */
  close(): Promise<void>;
}

/** The part of a page's `window` that is used. */
export interface BrowserWindow {
  readonly location: { readonly href: string };
  readonly navigator: {
    readonly userAgent: string;
    sendBeacon?(url: string, body: Blob): boolean;
  };
  addEventListener(type: string, listener: (event: WindowEvent) => void, capture?: boolean): void;
  removeEventListener(type: string, listener: (event: WindowEvent) => void, capture?: boolean): void;
}

interface WindowEvent {
  readonly error?: unknown;
  readonly message?: string;
  readonly filename?: string;
  readonly lineno?: number;
  readonly colno?: number;
  readonly reason?: unknown;
}

/**
 * Makes a collector for a page. Defaults are smaller than a server's: 100 keys with 3 occurrences each. Throws
 * `EXCEPTION_CLIENT_OPTION_INVALID`.
 */
export function createExceptionCollector(
  options: CollectorOptions,
  page = globalThis as unknown as BrowserWindow,
): BrowserExceptionCollector {
  const resolved = resolveOptions({ maxKeys: 100, maxSamplesPerKey: 3, ...options }, urlPath);
  const collector = new Collector(resolved);
  let isCapturing = false;
  const stops = new Set<() => void>();
  const pushers = new Set<Pusher>();

  const report: BrowserExceptionCollector['report'] = (error, reportOptions) => {
    const http = {
      method: 'GET',
      url: page.location.href,
      headers: { 'User-Agent': page.navigator.userAgent },
    };
    collector.report(error, { http, ...reportOptions }, () => new Error('report').stack);
  };
  const listen = (type: string, listener: (event: WindowEvent) => void): void => {
    page.addEventListener(type, listener, true);
    stops.add(() => page.removeEventListener(type, listener, true));
  };

  return {
    report,
    export: (exportOptions) => collector.export(exportOptions),
    captureWindowErrors() {
      if (isCapturing) return;
      isCapturing = true;
      // A resource that fails to load fires the same event, without a message.
      listen('error', (event) => event.message !== undefined && report(event.error ?? withoutError(event)));
      listen('unhandledrejection', (event) => report(event.reason));
    },
    pushTo(url, pushOptions = {}) {
      const address = pushUrl(url, options.service, page.location.href);
      const pusher = new Pusher(address, collector, resolved, pushOptions);
      pushers.add(pusher);
      let sentReports = 0;
      const leave = (): void => {
        if (!pushers.has(pusher) || !pusher.isBehind || sentReports === collector.reports) return;
        sentReports = collector.reports;
        sendLast(page, pusher);
      };
      listen('pagehide', leave);
      // A phone that puts a page to sleep may never fire pagehide, so the page's being hidden counts as well.
      listen('visibilitychange', leave);
      return {
        flush: () => pusher.flush(),
        stop() {
          pusher.stop();
          pushers.delete(pusher);
        },
      };
    },
    async close() {
      await Promise.all([...pushers].map((pusher) => pusher.flush()));
      for (const pusher of pushers) pusher.stop();
      for (const stop of stops) stop();
    },
  };
}

/** An error of a script of another origin, or one that an old browser does not hand over. */
function withoutError({ message, filename, lineno, colno }: WindowEvent): unknown {
  return { name: 'WindowError', message, stack: `    at ${filename}:${lineno}:${colno}` };
}

/** Browsers take at most 64 KiB, of all requests together, from a page that is leaving. */
const LAST_SIZE_BYTES = 60_000;

/** Sends what fits, with ever fewer occurrences a key. Whether it arrived is not known, so it counts as unsent. */
function sendLast({ navigator }: BrowserWindow, pusher: Pusher): void {
  const { url, headers } = pusher;
  let body: Blob;
  let samples = 8;
  do {
    samples >>= 1;
    body = new Blob([pusher.body(samples)], { type: 'application/json' });
  } while (body.size > LAST_SIZE_BYTES && samples > 0);
  // A beacon carries no headers of the application.
  if (Object.keys(headers).length === 1 && navigator.sendBeacon?.(url, body) === true) return;
  fetch(url, { method: 'POST', headers, body, keepalive: true }).catch(() => undefined);
}
