import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { ServiceApp } from './serviceDefinition.ts';

export { Counter, Gauge, Registry };

/** Adds an exception to the process's own ones. */
export type ReportException = (error: unknown, options?: ReportOptions) => void;

export interface ReportOptions {
  readonly severity?: 'info' | 'warning' | 'error';
  readonly labels?: Readonly<Record<string, string>>;
}

export interface TelemetryOptions {
  readonly service: string;
  readonly version: string;
}

/** Own metrics and own exceptions of a server. */
export interface Telemetry {
  readonly registry: Registry;
  readonly reportException: ReportException;
  /** Serves `/metrics` and the own exceptions at `exceptionsPath`. */
  register(app: ServiceApp, exceptionsPath: string): Promise<void>;
}

/** Makes the registry and the exception collector of one server. */
export function createTelemetry({ service }: TelemetryOptions): Telemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const reported: unknown[] = [];
  return {
    registry,
    reportException: (error) => void reported.push(error),
    register: async (app, exceptionsPath) => {
      app.get('/metrics', async (_request, reply) => {
        return reply.type(registry.contentType).send(await registry.metrics());
      });
      app.get(exceptionsPath, async () => ({ service, aggregated_errors: reported.map(String) }));
    },
  };
}
