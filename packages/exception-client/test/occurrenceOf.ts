import {
  createExceptionCollector,
  type ExceptionCollector,
  type NodeCollectorOptions,
  type PeriskopOccurrence,
  type ReportOptions,
} from '../src/index.ts';

/** A collector of the service "shop". */
export function collectorWith(options: Partial<NodeCollectorOptions> = {}): ExceptionCollector {
  return createExceptionCollector({ service: 'shop', ...options });
}

/** The one occurrence, as JSON, of a collector to which `thrown` alone was reported. */
export function occurrenceOf(
  thrown: unknown,
  report?: ReportOptions,
  options?: Partial<NodeCollectorOptions>,
): PeriskopOccurrence {
  const collector = collectorWith(options);
  collector.report(thrown, report);
  return JSON.parse(
    JSON.stringify(collector.export().aggregated_errors[0]!.latest_errors[0]),
  ) as PeriskopOccurrence;
}
