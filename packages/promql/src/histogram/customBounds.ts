/** Bounds that both lists have: the finest layout that both histograms can be expressed in. */
export function sharedBounds(a: Float64Array, b: Float64Array): Float64Array {
  const other = new Set(b);
  return a.filter((bound) => other.has(bound));
}

/** Counts by bucket index moved to a coarser list of bounds. */
export function mapToBounds(
  counts: ReadonlyMap<number, number>,
  from: Float64Array,
  to: Float64Array,
): Map<number, number> {
  const out = new Map<number, number>();
  for (const [index, count] of counts) {
    const bound = index < from.length ? from[index]! : Infinity;
    let target = 0;
    while (target < to.length && to[target]! < bound) target++;
    out.set(target, (out.get(target) ?? 0) + count);
  }
  return out;
}
