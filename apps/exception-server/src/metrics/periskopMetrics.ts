import { Counter, Gauge, type Registry as MetricRegistry } from 'prom-client';
import type { IngestPlan } from '../aggregate/plan.ts';
import type { TargetHealth } from '../scrape/targetHealth.ts';

/**
 * Periskop's metric names, for dashboards and alerts that know them. `target` is the target_uuid, as there; the
 * series are bounded, and what is beyond counts under the target "__overflow__".
 */
export class PeriskopMetrics {
  readonly #instances: Gauge<'service_name'>;
  readonly #scraped: Counter<'service_name'>;
  readonly #occurrences: Counter<'service_name' | 'severity' | 'target' | 'aggregation_key'>;
  readonly #errors: Counter<'type'>;
  readonly #known = new Set<string>();
  readonly #maxSeries: number;

  constructor(registry: MetricRegistry, maxSeries: number) {
    this.#maxSeries = maxSeries;
    const registers = [registry];
    this.#instances = new Gauge({
      name: 'periskop_instances_scrapped',
      help: 'Targets of a service.',
      labelNames: ['service_name'],
      registers,
    });
    this.#scraped = new Counter({
      name: 'periskop_errors_scrapped_total',
      help: 'Exceptions that readings of targets held.',
      labelNames: ['service_name'],
      registers,
    });
    this.#occurrences = new Counter({
      name: 'periskop_error_occurrences',
      help: 'Occurrences by exception and target.',
      labelNames: ['service_name', 'severity', 'target', 'aggregation_key'],
      registers,
    });
    this.#errors = new Counter({
      name: 'periskop_application_errors_total',
      help: 'Requests that failed.',
      labelNames: ['type'],
      registers,
    });
  }

  setInstances(targets: readonly TargetHealth[]): void {
    this.#instances.reset();
    for (const { source } of targets) this.#instances.inc({ service_name: source });
  }

  onPlan({ delivery, changes }: IngestPlan): void {
    const { service, identity } = delivery;
    this.#scraped.inc({ service_name: service }, delivery.aggregates.length);
    for (const { after, delta } of changes) {
      if (delta === 0) continue;
      const id = `${after.id} ${identity}`;
      const isKnown = this.#known.has(id) || this.#known.size < this.#maxSeries;
      if (isKnown) this.#known.add(id);
      this.#occurrences.inc(
        {
          service_name: service,
          severity: after.severity,
          target: isKnown ? identity : '__overflow__',
          aggregation_key: isKnown ? after.key : '__overflow__',
        },
        delta,
      );
    }
  }

  onError(type: 'service_not_found'): void {
    this.#errors.inc({ type });
  }
}
