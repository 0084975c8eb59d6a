/**
 * The known name a person most likely meant, or undefined when none is close: the same words in part
 * (`listen-address` for `web.listen-address`), else the fewest edits: two, or a third of the name if that is more.
 */
export function nearestName(given: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestCost = Math.min(given.length, Math.max(2, Math.floor(given.length / 3)) + 1);
  for (const name of known) {
    const cost = holdsWords(name, given) ? 1 : editDistance(given, name, bestCost);
    if (cost < bestCost) [best, bestCost] = [name, cost];
  }
  return best;
}

function holdsWords(name: string, given: string): boolean {
  return given.length >= 4 && (name.endsWith(`.${given}`) || simplified(name) === simplified(given));
}

function simplified(name: string): string {
  return name.toLowerCase().replaceAll(/[._-]/g, '');
}

/** Levenshtein distance with swaps of neighbours (optimal string alignment), given up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(previous[j]! + 1, current[j - 1]! + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, beforePrevious[j - 2]! + 1);
      }
      current.push(cost);
    }
    [beforePrevious, previous] = [previous, current];
  }
  return previous[b.length]!;
}
