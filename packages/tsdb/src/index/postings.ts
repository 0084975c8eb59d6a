/** The numbers that two ascending lists share. */
export function intersect(a: Uint32Array, b: Uint32Array): Uint32Array {
  if (a.length > b.length) [a, b] = [b, a];
  const out = new Uint32Array(a.length);
  let size = 0;
  if (b.length > 16 * a.length) {
    let low = 0;
    for (let i = 0; i < a.length; i++) {
      low = lowerBound(b, a[i]!, low);
      if (low === b.length) break;
      if (b[low] === a[i]) out[size++] = a[i]!;
    }
    return out.subarray(0, size);
  }
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const x = a[i]!;
    const y = b[j]!;
    if (x === y) out[size++] = x;
    if (x <= y) i++;
    if (y <= x) j++;
  }
  return out.subarray(0, size);
}

/** One ascending list of lists that have nothing in common; `limit` is above every number. */
export function union(lists: readonly Uint32Array[], limit: number): Uint32Array {
  if (lists.length === 1) return lists[0]!;
  let total = 0;
  for (const list of lists) total += list.length;
  const out = new Uint32Array(total);
  if (total < limit >>> 6) {
    let at = 0;
    for (const list of lists) {
      out.set(list, at);
      at += list.length;
    }
    return out.sort();
  }
  const bits = new Uint32Array((limit >>> 5) + 1);
  for (const list of lists) for (const id of list) bits[id >>> 5]! |= 1 << (id & 31);
  let size = 0;
  for (let word = 0; word < bits.length; word++) {
    for (let rest = bits[word]!; rest !== 0; rest &= rest - 1) {
      out[size++] = 32 * word + (31 - Math.clz32(rest & -rest));
    }
  }
  return out.subarray(0, size);
}

/** The first index from `low` on whose number is not below `wanted`. */
function lowerBound(list: Uint32Array, wanted: number, low = 0): number {
  let high = list.length;
  // A gallop first: the next number is mostly near.
  for (let step = 1; low + step < high; step *= 2) {
    if (list[low + step]! >= wanted) {
      high = low + step + 1;
      break;
    }
    low += step;
  }
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first index whose number is not below `wanted`, in an ascending list of floats. */
export function lowerBoundFloat(list: Float64Array, wanted: number, low = 0, high = list.length): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
