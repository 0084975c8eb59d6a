import { LabelsBuilder, Matcher, METRIC_NAME, type Labels } from '@binnacle/model';
import type { Expr, VectorSelector } from '../parser/ast.ts';
import { childrenOf } from '../parser/ast.ts';
import type { Grid } from '../engine/grid.ts';
import type { QueryContext } from '../engine/queryContext.ts';
import { QueryError } from '../engine/queryError.ts';
import { ABSENT, HISTOGRAM, Row } from '../engine/row.ts';
import { InstantSelectorSource } from '../engine/instantSelector.ts';
import type { Selections } from '../engine/selections.ts';
import { placementOf } from '../engine/selectors.ts';
import { hasDuplicates, mergeEqual } from '../engine/names.ts';
import { materialize, rowBytes, SeriesList, type Series, type VectorSource } from '../engine/vectorSource.ts';

/** Labels by which an info metric belongs to a series. */
const IDENTIFYING = ['instance', 'job'] as const;

/** Label sets of one info metric that share their identifying labels, with when each was last sampled. */
interface InfoSeries {
  readonly name: string;
  readonly labels: Labels;
  readonly sampledAt: Row;
}

/**
 * info(): adds the labels of info metrics (`target_info` unless the selector names others) to the series that they
 * belong to. The info series are looked up at the time that the series' own samples come from.
 */
export function info(
  source: VectorSource,
  base: Expr,
  selector: VectorSelector | undefined,
  grid: Grid,
  context: QueryContext,
  selections: Selections,
): VectorSource {
  const nameMatchers = infoNameMatchers(selector);
  const dataMatchers = (selector?.matchers ?? []).filter((matcher) => matcher.name !== METRIC_NAME);
  const list = materialize(source, grid.count, context);
  const isInfo = (labels: Labels): boolean =>
    nameMatchers.every((matcher) => matcher.matches(labels.get(METRIC_NAME)));
  const bySignature = selectInfo(base, [...nameMatchers, ...dataMatchers], grid, context, selections);
  const wanted = new Set(dataMatchers.map((matcher) => matcher.name));
  const required = dataMatchers.some((matcher) => !matcher.matchesEmpty);
  const out: Series[] = [];
  for (const series of list.series) {
    if (isInfo(series.labels)) out.push(series);
    else out.push(...enrich(series, bySignature, wanted, required, grid, context));
  }
  const result = new SeriesList(out);
  return hasDuplicates(out.map((series) => series.labels)) ? mergeEqual(result, grid, false) : result;
}

/** Matchers on the metric name. Without one that says what to take, all metrics that end in `_info` are. */
function infoNameMatchers(selector: VectorSelector | undefined): readonly Matcher[] {
  const matchers = (selector?.matchers ?? []).filter((matcher) => matcher.name === METRIC_NAME);
  if (matchers.length === 0) return [new Matcher('=', METRIC_NAME, 'target_info')];
  const positive = matchers.some((matcher) => matcher.type === '=' || matcher.type === '=~');
  return positive ? matchers : [...matchers, new Matcher('=~', METRIC_NAME, '.+_info')];
}

function selectInfo(
  base: Expr,
  matchers: readonly Matcher[],
  grid: Grid,
  context: QueryContext,
  selections: Selections,
): ReadonlyMap<string, readonly InfoSeries[]> {
  const node: VectorSelector = {
    kind: 'vectorSelector',
    span: base.span,
    name: '',
    matchers,
    extension: undefined,
    offsetExpr: undefined,
    atPreprocessor: undefined,
    ...referenceTime(base, context),
  };
  const values = new InstantSelectorSource(node, grid, context, selections);
  const times = new InstantSelectorSource(node, grid, context, selections, 'timestamp');
  const bySignature = new Map<string, InfoSeries[]>();
  const row = new Row(grid.count);
  for (let i = 0; i < values.length; i++) {
    const labels = values.labels(i);
    values.read(i, row);
    if (row.kinds.includes(HISTOGRAM)) {
      throw new QueryError(`this should be an info metric, with float samples: ${labels.toString()}`);
    }
    context.hold(grid.count, rowBytes(grid.count));
    const sampledAt = new Row(grid.count);
    times.read(i, sampledAt);
    const key = signature(labels);
    const group = bySignature.get(key) ?? [];
    group.push({ name: labels.get(METRIC_NAME), labels, sampledAt });
    bySignature.set(key, group);
  }
  return bySignature;
}

/** The `@` and offset by which the samples of an expression's first selector are read. */
function referenceTime(
  expr: Expr,
  context: QueryContext,
): { readonly offsetMs: number; readonly atMs: number | undefined } {
  let offsetMs = 0;
  let atMs: number | undefined;
  const visit = (node: Expr): boolean => {
    const timed = node.kind === 'matrixSelector' ? node.selector : node;
    const before = { offsetMs, atMs };
    if (timed.kind === 'vectorSelector' || timed.kind === 'subquery') {
      const own = placementOf(timed, context);
      offsetMs = own.atMs === undefined ? offsetMs + own.offsetMs : own.offsetMs;
      atMs = own.atMs ?? atMs;
      if (timed.kind === 'vectorSelector') return true;
    }
    if (childrenOf(node).some(visit)) return true;
    ({ offsetMs, atMs } = before);
    return false;
  };
  visit(expr);
  return { offsetMs, atMs };
}

function enrich(
  series: Series,
  bySignature: ReadonlyMap<string, readonly InfoSeries[]>,
  wanted: ReadonlySet<string>,
  required: boolean,
  grid: Grid,
  context: QueryContext,
): Series[] {
  const candidates = bySignature.get(signature(series.labels)) ?? [];
  if (candidates.length === 0) return required ? [] : [series];
  const outputs = new Map<string, Series>();
  for (let step = 0; step < grid.count; step++) {
    if (series.row.kinds[step] === ABSENT) continue;
    const matching = newestAt(candidates, step);
    if (matching.length === 0 && required) continue;
    const key = matching.map((i) => i.labels.key).join('\u0002');
    let output = outputs.get(key);
    if (output === undefined) {
      context.hold(grid.count, rowBytes(grid.count));
      output = { ...series, labels: withInfo(series.labels, matching, wanted), row: new Row(grid.count) };
      outputs.set(key, output);
    }
    output.row.copyStep(step, series.row);
  }
  return [...outputs.values()];
}

/** Of every info metric the series that was sampled last. */
function newestAt(candidates: readonly InfoSeries[], step: number): InfoSeries[] {
  const newest = new Map<string, InfoSeries>();
  for (const candidate of candidates) {
    if (candidate.sampledAt.kinds[step] === ABSENT) continue;
    const other = newest.get(candidate.name);
    const time = candidate.sampledAt.values[step]!;
    const otherTime = other?.sampledAt.values[step] ?? -Infinity;
    if (time === otherTime) {
      const [a, b] = [other!.labels.toString(), candidate.labels.toString()];
      const ms = Math.round(time * 1000);
      throw new QueryError(`found duplicate series for info metric: existing ${a} @ ${ms}, new ${b} @ ${ms}`);
    }
    if (time > otherTime) newest.set(candidate.name, candidate);
  }
  return [...newest.values()];
}

/** The labels of a series with those of its info series that it does not have itself. */
function withInfo(labels: Labels, matching: readonly InfoSeries[], wanted: ReadonlySet<string>): Labels {
  const builder = new LabelsBuilder(labels);
  const added = new Map<string, string>();
  for (const { labels: infoLabels } of matching) {
    for (const [name, value] of infoLabels) {
      if (name === METRIC_NAME || labels.has(name) || IDENTIFYING.some((label) => label === name)) continue;
      if (wanted.size > 0 && !wanted.has(name)) continue;
      const before = added.get(name);
      if (before !== undefined && before !== value) throw new QueryError(`conflicting label: ${name}`);
      added.set(name, value);
      builder.set(name, value);
    }
  }
  return builder.build();
}

function signature(labels: Labels): string {
  return IDENTIFYING.map((name) => labels.get(name)).join('\u0001');
}
