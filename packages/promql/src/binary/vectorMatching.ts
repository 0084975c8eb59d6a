import { LabelsBuilder, type Labels } from '@binnacle/model';
import type { BinaryExpr, VectorMatching } from '../parser/ast.ts';
import type { Grid } from '../engine/grid.ts';
import { hasDuplicates, mergeEqual, withoutName } from '../engine/names.ts';
import type { QueryContext } from '../engine/queryContext.ts';
import { QueryError } from '../engine/queryError.ts';
import { ABSENT, Row } from '../engine/row.ts';
import { materialize, rowBytes, SeriesList, type Series, type VectorSource } from '../engine/vectorSource.ts';
import { ElementOperator, operandAt, type Operand } from './element.ts';
import { arithmeticOf } from './operators.ts';
import { matchLabels, Signatures } from './signatures.ts';

/** An arithmetic, comparison or trim operator between two vectors. */
export function vectorVector(
  node: BinaryExpr,
  left: VectorSource,
  right: VectorSource,
  grid: Grid,
  context: QueryContext,
): VectorSource {
  return new Matcher(node, left, right, grid, context).run();
}

/** A series that a filled-in value stands for. */
const FILLED = -1;

class Matcher {
  readonly #node: BinaryExpr;
  readonly #matching: VectorMatching;
  readonly #grid: Grid;
  readonly #context: QueryContext;
  readonly #element: ElementOperator;
  readonly #signatures: Signatures;
  /** The side that may have many series to a signature; the left one unless group_right. */
  readonly #many: VectorSource;
  readonly #one: SeriesList;
  readonly #manyIds: Int32Array;
  readonly #oneIds: Int32Array;
  readonly #swapped: boolean;
  readonly #dropsName: boolean;
  readonly #fillOne: number | undefined;
  readonly #fillMany: number | undefined;
  /** Results by the many series and the one series that gave labels. */
  readonly #results: { readonly id: number; readonly series: Series }[] = [];

  constructor(node: BinaryExpr, left: VectorSource, right: VectorSource, grid: Grid, context: QueryContext) {
    const matching = node.matching!;
    this.#node = node;
    this.#matching = matching;
    this.#grid = grid;
    this.#context = context;
    this.#element = new ElementOperator(node, context);
    this.#signatures = new Signatures(matching);
    this.#swapped = matching.cardinality === 'one-to-many';
    this.#many = this.#swapped ? right : left;
    this.#one = materialize(this.#swapped ? left : right, grid.count, context);
    this.#fillOne = this.#swapped ? matching.fillLeft : matching.fillRight;
    this.#fillMany = this.#swapped ? matching.fillRight : matching.fillLeft;
    this.#manyIds = this.#signatures.idsOf(this.#many);
    this.#oneIds = this.#signatures.idsOf(this.#one);
    this.#dropsName = arithmeticOf(node.operator) !== undefined;
  }

  run(): VectorSource {
    const bySignature: number[][] = [];
    this.#oneIds.forEach((id, index) => (bySignature[id] ??= []).push(index));
    const duplicates = this.#findDuplicates(bySignature);
    const matched = this.#needsMatched() ? new Map<number, Uint8Array>() : undefined;
    const row = new Row(this.#grid.count);
    for (let i = 0; i < this.#many.length; i++) {
      this.#many.read(i, row);
      const id = this.#manyIds[i]!;
      this.#matchSeries(i, id, row, bySignature[id] ?? [], duplicates, matched);
    }
    if (this.#fillMany !== undefined) this.#fillUnmatched(bySignature, matched!);
    return this.#finish();
  }

  /** Steps matched so far have to be known to tell double matches, and to fill in what was not matched. */
  #needsMatched(): boolean {
    if (this.#fillMany !== undefined) return true;
    if (this.#matching.cardinality !== 'one-to-one') return false;
    return new Set(this.#manyIds).size < this.#manyIds.length;
  }

  #matchSeries(
    index: number,
    id: number,
    row: Row,
    candidates: readonly number[],
    duplicates: readonly ((() => QueryError) | undefined)[] | undefined,
    matched: Map<number, Uint8Array> | undefined,
  ): void {
    if (candidates.length === 0 && this.#fillOne === undefined && duplicates === undefined) return;
    const labelsFromOne = this.#matching.include.length > 0;
    const outputs = new Map<number, Row>();
    let seen = matched?.get(id);
    if (matched !== undefined && seen === undefined) {
      seen = new Uint8Array(this.#grid.count);
      matched.set(id, seen);
    }
    for (let step = 0; step < this.#grid.count; step++) {
      if (row.kinds[step] === ABSENT) continue;
      const duplicate = duplicates?.[step];
      if (duplicate !== undefined) throw duplicate();
      const one = this.#presentAt(candidates, step);
      if (one === FILLED && this.#fillOne === undefined) continue;
      if (seen !== undefined) {
        if (seen[step] !== 0 && this.#matching.cardinality === 'one-to-one') {
          const explicit = 'many-to-one matching must be explicit (group_left/group_right)';
          throw new QueryError(`multiple matches for labels: ${explicit}`);
        }
        seen[step] = 1;
      }
      const key = labelsFromOne ? one : 0;
      let output = outputs.get(key);
      if (output === undefined) {
        output = this.#newOutput(id, this.#many.labels(index), this.#labelsOf(one, index), index);
        outputs.set(key, output);
      }
      const value = one === FILLED ? filled(this.#fillOne!) : operandAt(this.#one.series[one]!.row, step);
      this.#apply(operandAt(row, step), value, output, step);
    }
  }

  #labelsOf(one: number, manyIndex: number): Labels {
    if (one === FILLED) return matchLabels(this.#many.labels(manyIndex), this.#matching);
    return this.#one.labels(one);
  }

  #apply(many: Operand, one: Operand, output: Row, step: number): void {
    const left = this.#swapped ? one : many;
    this.#element.apply(left, this.#swapped ? many : one, left, output, step);
  }

  #presentAt(candidates: readonly number[], step: number): number {
    for (const candidate of candidates) {
      if (this.#one.series[candidate]!.row.kinds[step] !== ABSENT) return candidate;
    }
    return FILLED;
  }

  /** Series of the "one" side that nothing matched meet the value to fill in. */
  #fillUnmatched(
    bySignature: readonly (readonly number[] | undefined)[],
    matched: Map<number, Uint8Array>,
  ): void {
    bySignature.forEach((candidates, id) => {
      if (candidates === undefined) return;
      const seen = matched.get(id);
      const outputs = new Map<number, Row>();
      for (let step = 0; step < this.#grid.count; step++) {
        const one = this.#presentAt(candidates, step);
        if (one === FILLED || (seen !== undefined && seen[step] !== 0)) continue;
        let output = outputs.get(one);
        if (output === undefined) {
          const labels = this.#one.labels(one);
          output = this.#newOutput(id, matchLabels(labels, this.#matching), labels, undefined);
          outputs.set(one, output);
        }
        this.#apply(filled(this.#fillMany!), operandAt(this.#one.series[one]!.row, step), output, step);
      }
    });
  }

  #newOutput(id: number, many: Labels, one: Labels, manyIndex: number | undefined): Row {
    const { count } = this.#grid;
    this.#context.hold(count, rowBytes(count));
    const row = new Row(count);
    let labels = this.#resultLabels(many, one);
    let dropsName = manyIndex !== undefined && this.#many.dropsName(manyIndex);
    if (this.#node.returnBool) {
      if (this.#context.options.features.delayedNameRemoval) dropsName = true;
      else labels = withoutName(labels);
    }
    this.#results.push({ id, series: { labels, dropsName, row } });
    return row;
  }

  #resultLabels(many: Labels, one: Labels): Labels {
    const { cardinality, on, labels: names, include } = this.#matching;
    let labels = this.#dropsName ? withoutName(many) : many;
    if (cardinality === 'one-to-one') labels = on ? labels.only(...names) : labels.without(...names);
    if (include.length === 0) return labels;
    const builder = new LabelsBuilder(labels);
    for (const name of include) builder.set(name, one.get(name));
    return builder.build();
  }

  /** For each step a way to say which series of the "one" side clash, if any do. */
  #findDuplicates(
    bySignature: readonly (readonly number[] | undefined)[],
  ): ((() => QueryError) | undefined)[] | undefined {
    let found: ((() => QueryError) | undefined)[] | undefined;
    for (const candidates of bySignature) {
      if (candidates === undefined || candidates.length < 2) continue;
      for (let step = 0; step < this.#grid.count; step++) {
        const present = candidates.filter((i) => this.#one.series[i]!.row.kinds[step] !== ABSENT);
        if (present.length < 2) continue;
        found ??= [];
        found[step] ??= () => this.#duplicateError(present[0]!, present[1]!);
      }
    }
    return found;
  }

  #duplicateError(a: number, b: number): QueryError {
    const group = matchLabels(this.#one.labels(a), this.#matching).toString();
    const side = this.#swapped ? 'left' : 'right';
    const pair = `[${this.#one.labels(a).toString()}, ${this.#one.labels(b).toString()}]`;
    return new QueryError(
      `found duplicate series for the match group ${group} on the ${side} hand-side of the operation: ${pair};` +
        'many-to-many matching not allowed: matching labels must be unique on one side',
    );
  }

  #finish(): VectorSource {
    const results = this.#results.filter(({ series }) => !series.row.isEmpty);
    const list = new SeriesList(results.map(({ series }) => series));
    if (!hasDuplicates(list.series.map((series) => series.labels))) return list;
    this.#checkUnique(results);
    return mergeEqual(list, this.#grid, false);
  }

  /** Results of one match group must differ in their labels wherever both have a value. */
  #checkUnique(results: readonly { readonly id: number; readonly series: Series }[]): void {
    const byKey = new Map<string, Uint8Array>();
    for (const { id, series } of results) {
      const key = `${id} ${series.labels.key}`;
      const seen = byKey.get(key) ?? new Uint8Array(this.#grid.count);
      for (let step = 0; step < seen.length; step++) {
        if (series.row.kinds[step] === ABSENT) continue;
        if (seen[step] !== 0 && this.#matching.cardinality !== 'one-to-one') {
          throw new QueryError('multiple matches for labels: grouping labels must ensure unique matches');
        }
        seen[step] = 1;
      }
      byKey.set(key, seen);
    }
  }
}

function filled(value: number): Operand {
  return { float: value, histogram: undefined };
}
