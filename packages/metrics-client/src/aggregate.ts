import type { Exemplar, Family, Sample } from './snapshot.ts';

/** How the values of one series in several processes become one. */
const AGGREGATORS: Record<string, (values: readonly number[]) => number> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  average: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  min: (values) => values.reduce((least, value) => Math.min(least, value)),
  max: (values) => values.reduce((most, value) => Math.max(most, value)),
  first: (values) => values[0]!,
};

/**
 * Merges the metrics of several processes into one list: series with the same name and labels become one by the
 * family's aggregator, families with the aggregator `omit` are left out, and of several exemplars the newest stays.
 */
export function aggregateFamilies(processes: readonly (readonly Family[])[]): Family[] {
  const merged = new Map<string, Family[]>();
  for (const family of processes.flat()) {
    const same = merged.get(family.name);
    if (same === undefined) merged.set(family.name, [family]);
    else same.push(family);
  }
  return [...merged.values()].filter(([first]) => first!.aggregator !== 'omit').map(mergeFamily);
}

/** The part of a process's metrics that must stay in the sums when the process is gone: what only ever grows. */
export function cumulativeFamilies(families: readonly Family[]): Family[] {
  return families.filter(
    ({ type, aggregator }) => (type === 'counter' || type === 'histogram') && aggregator === 'sum',
  );
}

function mergeFamily(families: readonly Family[]): Family {
  const first = families[0]!;
  const combine = AGGREGATORS[first.aggregator] ?? AGGREGATORS['sum']!;
  const bySeries = new Map<string, Sample[]>();
  for (const sample of families.flatMap((family) => family.samples)) {
    const key = seriesKey(sample);
    const same = bySeries.get(key);
    if (same === undefined) bySeries.set(key, [sample]);
    else same.push(sample);
  }
  const samples = [...bySeries.values()].map((same): Sample => {
    const { name, labels } = same[0]!;
    const value = combine(same.map((sample) => sample.value));
    const exemplar = newestExemplar(same);
    return exemplar === undefined ? { name, labels, value } : { name, labels, value, exemplar };
  });
  return { ...first, samples };
}

function seriesKey({ name, labels }: Sample): string {
  return JSON.stringify([name, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function newestExemplar(samples: readonly Sample[]): Exemplar | undefined {
  return samples
    .map((sample) => sample.exemplar)
    .filter((exemplar) => exemplar !== undefined)
    .reduce<Exemplar | undefined>(
      (newest, exemplar) =>
        newest === undefined || exemplar.timestamp > newest.timestamp ? exemplar : newest,
      undefined,
    );
}
