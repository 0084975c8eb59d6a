import { constants } from 'node:os';
import type { Logger } from 'pino';
import type { Server } from './server.ts';
import type { ReportException } from './telemetry.ts';

/** What signals and uncaught errors do to a process that runs one server. */
export interface ProcessEvents {
  /** From now on signals are for this server; before, SIGTERM and SIGINT end the process at once. */
  follow(server: Server): void;
  /** True after an uncaught error. */
  readonly hasFailed: boolean;
}

/** npm passes on a Ctrl-C that the terminal has sent to the whole group already. */
const SAME_SIGNAL_MS = 100;

/**
 * SIGTERM and SIGINT stop the server gracefully, and at once when repeated; SIGHUP reloads. An uncaught error
 * or rejection is reported, logged and stops the server too, since what it left half done is unknown.
 */
export function handleProcessEvents(log: Logger, reportException: ReportException): ProcessEvents {
  let server: Server | undefined;
  let signalledAt: number | undefined;
  let hasFailed = false;

  const stop = (exitCode: number): void => {
    if (server === undefined) process.exit(exitCode);
    // How it ends is seen by whoever awaits `server.stopped`.
    server.stop().catch(() => undefined);
  };
  const onSignal = (signal: 'SIGTERM' | 'SIGINT'): void => {
    const exitCode = 128 + constants.signals[signal];
    const now = performance.now();
    if (signalledAt === undefined) {
      signalledAt = now;
      log.info({ signal }, 'signal received');
      stop(exitCode);
    } else if (now - signalledAt > SAME_SIGNAL_MS) {
      log.warn({ signal }, 'signal repeated, ending at once');
      process.exit(exitCode);
    }
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('SIGHUP', () => {
    log.info({ signal: 'SIGHUP' }, 'signal received');
    // A refused reload has been logged.
    server?.reload().catch(() => undefined);
  });
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      hasFailed = true;
      reportException(error);
      log.fatal({ err: error, event }, 'uncaught error, shutting down');
      stop(1);
    });
  }
  return {
    follow: (followed) => void (server = followed),
    get hasFailed() {
      return hasFailed;
    },
  };
}
