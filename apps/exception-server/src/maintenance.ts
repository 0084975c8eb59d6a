import type { Log } from '@binnacle/service-discovery';
import type { Clock, ReportException } from '@binnacle/service-kit';
import type { Registry } from './aggregate/registry.ts';
import type { Retention } from './config/serverConfig.ts';
import type { Actions } from './lifecycle/actions.ts';
import { applyRetention, tidy } from './storage/retention.ts';

const MUTES_EVERY_MS = 5_000;
const RETENTION_EVERY_MS = 10 * 60_000;

export interface MaintenanceOptions {
  readonly registry: Registry;
  readonly actions: Actions;
  readonly retention: () => Retention;
  readonly clock: Clock;
  readonly log: Log;
  readonly reportException: ReportException;
}

/** Starts what must be done from time to time; the returned function stops it and waits for what is under way. */
export function startMaintenance(options: MaintenanceOptions): () => Promise<void> {
  const { registry, actions, retention, clock } = options;
  const stops = [
    repeat(options, 'end mutes', MUTES_EVERY_MS, () => actions.endMutes(clock.now())),
    repeat(options, 'apply retention', RETENTION_EVERY_MS, async () => {
      await applyRetention(registry, retention(), clock.now());
      await tidy(registry);
    }),
  ];
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

function repeat(
  { clock, log, reportException }: MaintenanceOptions,
  what: string,
  everyMs: number,
  work: () => Promise<unknown>,
): () => Promise<void> {
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  let cancel = (): void => undefined;
  const wait = (): void => {
    cancel = clock.setTimer(() => {
      running = run();
    }, everyMs);
  };
  const run = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      log.warn({ err: error }, `could not ${what}; trying again in ${everyMs / 1000} s`);
      reportException(error);
    }
    if (!isStopped) wait();
  };
  wait();
  return async () => {
    isStopped = true;
    cancel();
    await running;
  };
}
