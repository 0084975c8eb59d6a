import type { Logger } from 'pino';
import type { InFlightRequests } from './http/inFlight.ts';
import type { ServiceApp } from './serviceDefinition.ts';

export interface ShutdownOptions {
  readonly app: ServiceApp;
  readonly inFlight: InFlightRequests;
  readonly log: Logger;
  readonly deadlineMs: number;
  /** The service's own end, after the last request. */
  readonly stopService: () => Promise<void>;
}

/** What is left of the deadline is the service's to stop in, but never less than this. */
const MIN_STOP_MS = 5_000;
const IDLE_SWEEP_MS = 50;
const MAX_LISTED = 20;

/**
 * Stops listening, lets requests in flight finish until the deadline, cuts the others and names them in the
 * log, then stops the service. Resolves with the number of requests cut; rejects when the service fails to
 * stop.
 */
export async function shutDown(options: ShutdownOptions): Promise<number> {
  const { app, inFlight, log, deadlineMs, stopService } = options;
  const startedAt = performance.now();
  log.info({ inFlight: inFlight.count, deadlineMs }, 'shutting down');
  // A keep-alive connection turns idle when its last answer is out, which `close` alone would not notice.
  const sweep = setInterval(() => app.server.closeIdleConnections(), IDLE_SWEEP_MS);
  let cut = 0;
  try {
    const closed = app.close().then(() => undefined);
    if (!(await settlesWithin(closed, deadlineMs))) {
      cut = cutRequests(inFlight, log, deadlineMs);
      app.server.closeAllConnections();
      if (!(await settlesWithin(closed, MIN_STOP_MS))) throw new Error('the HTTP server did not close');
    }
  } finally {
    clearInterval(sweep);
  }
  const leftMs = Math.max(MIN_STOP_MS, deadlineMs - (performance.now() - startedAt));
  if (!(await settlesWithin(stopService(), leftMs))) {
    throw new Error(`the service did not stop within ${Math.round(leftMs)} ms`);
  }
  log.info({ cut, durationMs: Math.round(performance.now() - startedAt) }, 'stopped');
  return cut;
}

function cutRequests(inFlight: InFlightRequests, log: Logger, deadlineMs: number): number {
  const requests = inFlight.list();
  for (const request of requests.slice(0, MAX_LISTED))
    log.warn(request, 'request cut at the shutdown deadline');
  log.warn({ cut: requests.length, deadlineMs }, 'requests were still in flight at the shutdown deadline');
  return requests.length;
}

/** False when the work is still under way after `limitMs`; rejects when the work does. */
async function settlesWithin(work: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  try {
    return await Promise.race([work.then(() => true), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
