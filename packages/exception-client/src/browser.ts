import { Collector, type ExportOptions, type ReportOptions } from './collector.ts';
import type { PeriskopExport } from './exportFormat.ts';
import { resolveOptions, type CollectorOptions } from './options.ts';
import { Pusher, pushUrl, type Push, type PushOptions } from './push.ts';

export { OVERFLOW_KEY, type ExportOptions, type ReportOptions } from './collector.ts';
export type { PeriskopExport, Severity } from './exportFormat.ts';
export type { HttpContext } from './httpContext.ts';
export type { CollectorOptions, Limits } from './options.ts';
export type { Push, PushOptions } from './push.ts';
export { DEFAULT_REDACTED_NAMES, type RedactOptions } from './redact.ts';

/** Collects the exceptions of one page. */
export interface BrowserExceptionCollector {
  /** Counts one occurrence of anything that can be thrown. Never throws. */
  report(error: unknown, options?: ReportOptions): void;
  /** Everything so far, in Periskop's format. */
  export(options?: ExportOptions): PeriskopExport;
  /** Reports what reaches `window.onerror` and `unhandledrejection`. The result stops it, as `close` does. */
  captureWindowErrors(): () => void;
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
  const resolved = resolveOptions({ maxKeys: 100, maxSamplesPerKey: 3, ...options });
  const collector = new Collector(resolved);
  const cleanups = new Set<() => void>();
  const pushers = new Set<Pusher>();

  const report: BrowserExceptionCollector['report'] = (error, reportOptions) => {
    const http = {
      method: 'GET',
      url: page.location.href,
      headers: { 'User-Agent': page.navigator.userAgent },
    };
    collector.report(error, { http, ...reportOptions }, () => new Error('report').stack);
  };
  /** Registers a listener until the result, or `close`, is called. */
  const listen = (type: string, listener: (event: WindowEvent) => void): (() => void) => {
    page.addEventListener(type, listener, true);
    const cleanup = (): void => {
      page.removeEventListener(type, listener, true);
      cleanups.delete(cleanup);
    };
    cleanups.add(cleanup);
    return cleanup;
  };

  return {
    report,
    export: (exportOptions) => collector.export(exportOptions),
    captureWindowErrors() {
      const stops = [
        // A resource that fails to load fires the same event, without a message.
        listen('error', (event) => event.message !== undefined && report(event.error ?? withoutError(event))),
        listen('unhandledrejection', (event) => report(event.reason)),
      ];
      return () => stops.forEach((stop) => stop());
    },
    pushTo(url, pushOptions = {}) {
      const source = {
        version: () => collector.reports,
        body: (maxSamplesPerKey: number) => JSON.stringify(collector.export({ maxSamplesPerKey })),
      };
      const address = pushUrl(url, options.service, page.location.href);
      const pusher = new Pusher(address, source, resolved.clock, pushOptions);
      pushers.add(pusher);
      let sentVersion = 0;
      const leave = (): void => {
        if (!pusher.isBehind || sentVersion === collector.reports) return;
        sentVersion = collector.reports;
        sendLast(page, pusher, source.body);
      };
      // A phone that puts a page to sleep may never fire pagehide, so the page's being hidden counts as well.
      const stops = [listen('pagehide', leave), listen('visibilitychange', leave)];
      return {
        flush: () => pusher.flush(),
        stop() {
          pusher.stop();
          pushers.delete(pusher);
          stops.forEach((stop) => stop());
        },
      };
    },
    async close() {
      await Promise.all([...pushers].map((pusher) => pusher.flush()));
      for (const pusher of pushers) pusher.stop();
      for (const cleanup of cleanups) cleanup();
    },
  };
}

/** An error of a script of another origin, or one that an old browser does not hand over. */
function withoutError({ message, filename, lineno, colno }: WindowEvent): unknown {
  return { name: 'WindowError', message, stack: `    at ${filename}:${lineno}:${colno}` };
}

/** Browsers take at most 64 KiB, of all requests together, from a page that is leaving. */
const LAST_LENGTH = 60_000;

/** Sends what fits, with ever fewer occurrences a key. Whether it arrived is not known, so it counts as unsent. */
function sendLast(page: BrowserWindow, pusher: Pusher, body: (maxSamplesPerKey: number) => string): void {
  let blob: Blob;
  let samples = 8;
  do {
    samples >>= 1;
    blob = new Blob([body(samples)], { type: 'application/json' });
  } while (blob.size > LAST_LENGTH && samples > 0);
  const canHaveHeaders = Object.keys(pusher.headers).length > 1;
  if (!canHaveHeaders && page.navigator.sendBeacon?.(pusher.url, blob) === true) return;
  fetch(pusher.url, { method: 'POST', headers: pusher.headers, body: blob, keepalive: true }).catch(
    () => undefined,
  );
}
