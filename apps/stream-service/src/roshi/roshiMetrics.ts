import { Counter, Summary, type Registry } from 'prom-client';

/** The figures of Roshi's calls, by its names. */
export interface RoshiMetrics {
  wrote(kind: 'insert' | 'delete', records: number, nanoseconds: number): void;
  selected(keys: number, entries: number, nanoseconds: number): void;
}

export interface RoshiMetricsOptions {
  readonly registry: Registry;
  /** What the names begin with, as `roshiserver`. */
  readonly namespace: string;
  /** Seconds that a summary looks back. */
  readonly maxSummaryAgeSeconds: number;
  /** True when a farm counts records and keys by itself; see `exportFarmMetrics`. */
  readonly farm: boolean;
}

const PERCENTILES = [0.5, 0.9, 0.99];

/** Makes the counters and summaries of calls to Roshi's API, as roshi-server names them. */
export function createRoshiMetrics(options: RoshiMetricsOptions): RoshiMetrics {
  const { registry, namespace, maxSummaryAgeSeconds, farm } = options;
  const registers = [registry];
  const counter = (name: string, help: string): Counter =>
    new Counter({ name: `${namespace}_${name}`, help, registers });
  const summary = (name: string, help: string): Summary =>
    new Summary({
      name: `${namespace}_${name}_nanoseconds`,
      help,
      registers,
      percentiles: PERCENTILES,
      maxAgeSeconds: maxSummaryAgeSeconds,
      ageBuckets: 5,
    });
  const writes = (kind: 'insert' | 'delete') => ({
    calls: counter(`${kind}_call_count`, `Calls that ${kind}.`),
    records: farm ? undefined : counter(`${kind}_record_count`, `Tuples of calls that ${kind}.`),
    duration: summary(`${kind}_call_duration`, `Time of calls that ${kind}.`),
    recordDuration: summary(
      `${kind}_record_duration`,
      `Time of calls that ${kind}, divided by their tuples.`,
    ),
  });
  const kinds = { insert: writes('insert'), delete: writes('delete') };
  const calls = counter('select_call_count', 'Calls that select.');
  const selectedKeys = farm ? undefined : counter('select_keys_count', 'Keys of calls that select.');
  const returned = counter('select_returned_count', 'Entries that calls returned.');
  const duration = summary('select_duration', 'Time of calls that select.');
  return {
    wrote: (kind, records, nanoseconds) => {
      const of = kinds[kind];
      of.calls.inc();
      of.records?.inc(records);
      of.duration.observe(nanoseconds);
      if (records > 0) of.recordDuration.observe(nanoseconds / records);
    },
    selected: (keys, entries, nanoseconds) => {
      calls.inc();
      selectedKeys?.inc(keys);
      returned.inc(entries);
      duration.observe(nanoseconds);
    },
  };
}
