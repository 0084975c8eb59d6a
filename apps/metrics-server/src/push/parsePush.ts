import { ProtobufParser, TextParser, type ExpositionHandler, type MetadataKind } from '@binnacle/exposition';
import { LabelsBuilder, METRIC_NAME, type Labels } from '@binnacle/model';
import { ApiError } from '../errors.ts';
import type { PushedFamily, PushedSample } from './pushGroups.ts';

/**
 * Reads the body of a push: Prometheus text or delimited protobuf. The grouping key wins over labels of the body.
 * Throws ExpositionError, and bad_data for what a push may not hold: timestamps, native histograms, two samples of
 * one series.
 */
export function parsePush(body: Uint8Array, isProtobuf: boolean, group: Labels): Map<string, PushedFamily> {
  const collector = new Collector(group);
  if (isProtobuf) new ProtobufParser().parse(body, collector);
  else new TextParser().parse(body, false, collector);
  return collector.families();
}

class Collector implements ExpositionHandler {
  readonly #group: Labels;
  readonly #about = new Map<string, { type: string; help: string }>();
  readonly #series: Labels[] = [];
  readonly #samples = new Map<string, PushedSample>();

  constructor(group: Labels) {
    this.#group = group;
  }

  families(): Map<string, PushedFamily> {
    const byFamily = Map.groupBy(this.#samples.values(), ({ labels }) =>
      this.#familyOf(labels.get(METRIC_NAME)),
    );
    return new Map(
      [...byFamily].map(([family, samples]) => [
        family,
        { ...(this.#about.get(family) ?? { type: 'unknown', help: '' }), samples },
      ]),
    );
  }

  metadata(family: string, kind: MetadataKind, text: string): void {
    if (kind === 'unit') return;
    this.#about.set(family, { ...(this.#about.get(family) ?? { type: 'unknown', help: '' }), [kind]: text });
  }

  series(labels: Labels): number {
    const name = labels.get(METRIC_NAME);
    if (name === 'push_time_seconds' || name === 'push_failure_time_seconds') {
      throw new ApiError(
        'bad_data',
        `pushed metrics must not have the name ${name}: it is the gateway's own`,
      );
    }
    const builder = new LabelsBuilder(labels);
    for (const [label, value] of this.#group) builder.set(label, value);
    return this.#series.push(builder.build()) - 1;
  }

  sample(ref: number, value: number, timestampMs: number): void {
    const labels = this.#series[ref]!;
    if (!Number.isNaN(timestampMs)) {
      throw new ApiError('bad_data', `pushed metrics must not have timestamps: ${labels.toString()}`);
    }
    if (this.#samples.has(labels.key)) {
      throw new ApiError('bad_data', `pushed metrics have two samples of one series: ${labels.toString()}`);
    }
    this.#samples.set(labels.key, { labels, value });
  }

  exemplar(): void {
    // A gateway keeps values, not single events.
  }

  histogram(): void {
    throw new ApiError('bad_data', 'pushed metrics must not have native histograms');
  }

  created(): void {
    // What a gateway serves has no start: the job that counted is gone.
  }

  #familyOf(name: string): string {
    const base = name.replace(/_(bucket|sum|count)$/, '');
    const { type } = this.#about.get(base) ?? {};
    return type === 'histogram' || type === 'summary' ? base : name;
  }
}
