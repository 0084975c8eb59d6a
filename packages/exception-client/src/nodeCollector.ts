import { appRoot } from './appRoot.ts';
import { Collector, type ExportOptions, type ReportOptions } from './collector.ts';
import { pushAtExit } from './exitPush.ts';
import type { PeriskopExport } from './exportFormat.ts';
import { createHandler, type ExceptionsHandler } from './handler.ts';
import { resolveOptions, type CollectorOptions } from './options.ts';
import { captureProcessErrors } from './processErrors.ts';
import { pathsFrom } from './stablePath.ts';
import { Pusher, pushUrl, type Push, type PushOptions } from './push.ts';

/** Collects the exceptions of one process or worker thread. */
export interface ExceptionCollector {
  /** Counts one occurrence of anything that can be thrown. Never throws. */
  report(error: unknown, options?: ReportOptions): void;
  /** Everything so far, in Periskop's format. */
  export(options?: ExportOptions): PeriskopExport;
  /** Serves the export at `/-/exceptions`: a `node:http` listener, and a middleware. */
  readonly handler: ExceptionsHandler;
  /**
   * Reports uncaught exceptions and unhandled rejections. The process crashes exactly as it would without. The
   * result stops it, as `close` does.
   */
  captureProcessErrors(): () => void;
  /**
   * Pushes to exception-server, also at the end of the process. `url` is its origin or the whole address of its
   * push route. Throws `EXCEPTION_CLIENT_PUSH_URL_INVALID`.
   */
  pushTo(url: string, options?: PushOptions): Push;
  /** Reports so far, and occurrences given up for lack of space (counts are never given up). */
  stats(): { readonly reports: number; readonly droppedForSpace: number };
  /** Pushes once more where something is new, within `exitTimeoutMs`, and removes every listener and timer. */
  close(): Promise<void>;
}

/** Options of a collector in Node. */
export interface NodeCollectorOptions extends CollectorOptions {
  /**
   * Absolute folder that file names become relative to before errors are grouped. Default: the nearest folder with
   * a package.json at or above the main script.
   */
  readonly appRoot?: string;
}

/** Makes a collector. Throws `EXCEPTION_CLIENT_OPTION_INVALID`. */
export function createExceptionCollector(options: NodeCollectorOptions): ExceptionCollector {
  const resolved = resolveOptions(options, pathsFrom(options.appRoot ?? appRoot()));
  const collector = new Collector(resolved);
  const pushers = new Set<Pusher>();
  let stopCapture: (() => void) | undefined;

  const report: ExceptionCollector['report'] = (error, reportOptions) => {
    collector.report(error, reportOptions ?? {}, () => {
      const site: { stack?: string } = {};
      Error.captureStackTrace(site, report);
      return site.stack;
    });
  };
  const exportNow: ExceptionCollector['export'] = (exportOptions) => collector.export(exportOptions);
  const pushLast = (): void => {
    for (const pusher of pushers) {
      const { url, headers, exitTimeoutMs } = pusher;
      if (pusher.isBehind) pushAtExit({ url, headers, body: pusher.body(), timeoutMs: exitTimeoutMs });
    }
  };

  return {
    report,
    export: exportNow,
    handler: createHandler(() => JSON.stringify(exportNow())),
    captureProcessErrors() {
      stopCapture ??= captureProcessErrors(report);
      return () => {
        stopCapture?.();
        stopCapture = undefined;
      };
    },
    pushTo(url, pushOptions = {}) {
      const address = pushUrl(url, options.service);
      const pusher = new Pusher(address, collector, resolved, pushOptions);
      if (pushers.size === 0) process.on('exit', pushLast);
      pushers.add(pusher);
      return {
        flush: () => pusher.flush(),
        stop() {
          pusher.stop();
          pushers.delete(pusher);
          if (pushers.size === 0) process.off('exit', pushLast);
        },
      };
    },
    stats: () => ({ reports: collector.reports, droppedForSpace: collector.droppedForSpace }),
    async close() {
      stopCapture?.();
      stopCapture = undefined;
      await Promise.all([...pushers].map((pusher) => pusher.flush()));
      for (const pusher of pushers) pusher.stop();
      pushers.clear();
      process.off('exit', pushLast);
    },
  };
}
