import { AnchoredRegex, METRIC_NAME, RegexError, type Labels } from '@binnacle/model';
import type { Grid } from '../engine/grid.ts';
import { hasDuplicates, mergeEqual } from '../engine/names.ts';
import type { QueryContext } from '../engine/queryContext.ts';
import { QueryError } from '../engine/queryError.ts';
import { mapSource, materialize, type VectorSource } from '../engine/vectorSource.ts';
import { isValidUtf8 } from '../text/goText.ts';

/** label_replace: sets a label to an expansion of a match on another, where that matches. */
export function labelReplace(
  source: VectorSource,
  strings: readonly string[],
  grid: Grid,
  context: QueryContext,
): VectorSource {
  const [target, replacement, from, pattern] = strings as [string, string, string, string];
  let regex: AnchoredRegex;
  try {
    regex = new AnchoredRegex(pattern);
    regex.groups('');
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    throw new QueryError(`invalid regular expression in label_replace(): ${pattern}`, 'PROMQL_EXECUTION', {
      cause: error,
    });
  }
  checkName(target, 'destination', 'label_replace');
  const changed = (labels: Labels): string | undefined => regex.replace(labels.get(from), replacement);
  return relabel(source, target, changed, grid, context);
}

/** label_join: sets a label to the values of others with a separator between them. */
export function labelJoin(
  source: VectorSource,
  strings: readonly string[],
  grid: Grid,
  context: QueryContext,
): VectorSource {
  const [target, separator, ...from] = strings as [string, string, ...string[]];
  for (const name of from) checkName(name, 'source', 'label_join');
  checkName(target, 'destination', 'label_join');
  const joined = (labels: Labels): string => from.map((name) => labels.get(name)).join(separator);
  return relabel(source, target, joined, grid, context);
}

function relabel(
  source: VectorSource,
  target: string,
  value: (labels: Labels) => string | undefined,
  grid: Grid,
  context: QueryContext,
): VectorSource {
  const labels: Labels[] = [];
  const dropsName: boolean[] = [];
  for (let i = 0; i < source.length; i++) {
    const before = source.labels(i);
    const set = value(before);
    labels.push(set === undefined ? before : before.with(target, set));
    dropsName.push(source.dropsName(i) && !(set !== undefined && target === METRIC_NAME));
  }
  const renamed = mapSource(source, { labels: (i) => labels[i]!, dropsName: (i) => dropsName[i]! });
  if (!hasDuplicates(labels)) return renamed;
  return mergeEqual(materialize(renamed, grid.count, context), grid, false);
}

function checkName(name: string, role: string, functionName: string): void {
  if (name !== '' && isValidUtf8(name)) return;
  throw new QueryError(`invalid ${role} label name in ${functionName}(): ${name}`);
}
