import {
  createExceptionCollector,
  requestContext,
  type ExceptionCollector,
  type ReportOptions,
} from '@binnacle/exception-client';
import { createMetrics, type Metrics } from '@binnacle/metrics-client';
import { metricsPlugin } from '@binnacle/metrics-client/fastify';
import type { FastifyRequest } from 'fastify';
import type { ServiceApp } from './serviceDefinition.ts';

/** Own metrics and own exceptions of one server. */
export interface Telemetry {
  readonly metrics: Metrics;
  readonly exceptions: ExceptionCollector;
}

/** Adds an exception to the process's own ones. Never throws. */
export type ReportException = (error: unknown, options?: ReportOptions) => void;

/** Makes the registry and the exception collector of one server. */
export function createTelemetry(identity: { service: string; version: string }): Telemetry {
  return { metrics: createMetrics(identity), exceptions: createExceptionCollector(identity) };
}

/** Times every request from here on, and serves the metrics and the own exceptions. */
export async function serveTelemetry(
  app: ServiceApp,
  { metrics, exceptions }: Telemetry,
  paths: { metrics: string; exceptions: string },
): Promise<void> {
  await app.register(metricsPlugin, { metrics, path: paths.metrics });
  app.get(paths.exceptions, async (_request, reply) => {
    return reply.header('cache-control', 'no-store').send(exceptions.export());
  });
}

/** Reports what ended a request, with the request that it ended. */
export function reportRequestError({ exceptions }: Telemetry, error: unknown, request: FastifyRequest): void {
  exceptions.report(error, { http: requestContext(request) });
}

/** Frees what the metrics and the collector hold in the process. */
export async function closeTelemetry({ metrics, exceptions }: Telemetry): Promise<void> {
  metrics.close();
  await exceptions.close();
}
