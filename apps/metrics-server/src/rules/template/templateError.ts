import { MetricsServerError } from '../../errors.ts';

/** METRICS_TEMPLATE: what is wrong with a template, or with what it asks for. */
export function templateError(message: string): MetricsServerError {
  return new MetricsServerError('METRICS_TEMPLATE', message);
}
