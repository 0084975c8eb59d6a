import { Engine } from '../engine/engine.ts';
import { DEFAULT_OPTIONS, TEST_SUITE_FEATURES } from '../engine/options.ts';
import { QueryError } from '../engine/queryError.ts';
import type { QueryResult, QueryValue } from '../engine/result.ts';
import { MemoryStore } from '../memoryStore.ts';
import { childrenOf, type Expr } from '../parser/ast.ts';
import { ALL_FEATURES } from '../parser/features.ts';
import { parse } from '../parser/parser.ts';
import { ParseError } from '../parser/parseError.ts';
import { print } from '../parser/printer.ts';
import { Row } from '../engine/row.ts';
import { withFixedTime } from './atRewriting.ts';
import { compareResult } from './compareResult.ts';
import { loadedSamples } from './loadedSamples.ts';
import { parseScript, type EvalCommand, type Expectation, type LoadCommand } from './script.ts';

/** How one evaluation of a script went. */
export interface Evaluation {
  readonly line: number;
  readonly query: string;
  /** Undefined when it passed. */
  readonly failure: string | undefined;
}

const MINUTE = 60_000;

/**
 * Runs a script in Prometheus's test language. As Prometheus's own runner does, every instant evaluation is repeated
 * as a step of a range query and, with `@` added to its selectors, at other times.
 */
export function runScript(
  text: string,
  engine: Engine = new Engine({ ...DEFAULT_OPTIONS, features: TEST_SUITE_FEATURES }),
): Evaluation[] {
  const store = new MemoryStore();
  const evaluations: Evaluation[] = [];
  for (const command of parseScript(text)) {
    if (command.kind === 'clear') store.clear();
    else if (command.kind === 'load') load(command, store);
    else {
      const failure = runEval(command, store, engine);
      evaluations.push({ line: command.line, query: command.query, failure });
    }
  }
  return evaluations;
}

function load(command: LoadCommand, store: MemoryStore): void {
  for (const { labels, ms, value, startMs } of loadedSamples(command)) {
    store.append(labels, ms, value, startMs);
  }
}

function runEval(command: EvalCommand, store: MemoryStore, engine: Engine): string | undefined {
  const { query, startMs, endMs, stepMs } = command;
  if (stepMs > 0) {
    return check(command, () => engine.range(store, { query, startMs, endMs, stepMs }), true);
  }
  return (
    check(command, () => engine.instant(store, { query, timeMs: startMs }), true) ??
    prefix('with @', checkFixedTimes(command, store, engine)) ??
    prefix('as a step of a range', checkAsRange(command, store, engine))
  );
}

function prefix(where: string, failure: string | undefined): string | undefined {
  return failure === undefined ? undefined : `${where}: ${failure}`;
}

function check(command: EvalCommand, run: () => QueryResult, withAnnotations: boolean): string | undefined {
  const fail = command.expectations.find(({ kind }) => kind === 'fail');
  let result: QueryResult;
  try {
    result = run();
  } catch (error) {
    if (!(error instanceof QueryError || error instanceof ParseError)) throw error;
    if (fail === undefined) return `failed: ${error.message}`;
    return matches(fail, error.message) ? undefined : `failed with another error: ${error.message}`;
  }
  if (fail !== undefined) return 'expected an error, got a result';
  const annotations = withAnnotations ? checkAnnotations(command, result) : undefined;
  return annotations ?? compareResult(result.value, command);
}

function matches(expectation: Expectation, text: string): boolean {
  if (expectation.message !== undefined) return text === expectation.message;
  return expectation.pattern === undefined || expectation.pattern.test(text);
}

function checkAnnotations(command: EvalCommand, result: QueryResult): string | undefined {
  for (const [kind, texts] of [
    ['warn', result.warnings],
    ['info', result.infos],
  ] as const) {
    const expected = command.expectations.filter((expectation) => expectation.kind === kind);
    if (command.expectations.some((expectation) => expectation.kind === `no_${kind}`) && texts.length > 0) {
      return `expected no ${kind}, got ${texts.join('; ')}`;
    }
    for (const expectation of expected) {
      if (texts.some((text) => matches(expectation, text))) continue;
      const wanted = expectation.message ?? String(expectation.pattern ?? `any ${kind}`);
      return `expected ${wanted}, got ${texts.join('; ') || 'none'}`;
    }
    const exact = expected.filter(({ message }) => message !== undefined);
    if (exact.length === expected.length && exact.length > 0 && texts.length > exact.length) {
      return `unexpected ${kind}: ${texts.join('; ')}`;
    }
  }
  return undefined;
}

function checkFixedTimes(command: EvalCommand, store: MemoryStore, engine: Engine): string | undefined {
  const { startMs } = command;
  const fixed = withFixedTime(parse(command.query, ALL_FEATURES), startMs);
  if (fixed === undefined || command.rangeVector !== undefined) return undefined;
  const query = print(fixed);
  const times = startMs === 0 ? [-1000, 0, 1000] : [-10 * startMs, 0, startMs / 5, startMs, 10 * startMs];
  for (const timeMs of times) {
    if (dependsOnQuery(fixed) && timeMs !== startMs) continue;
    const failure = check(command, () => engine.instant(store, { query, timeMs: Math.round(timeMs) }), false);
    if (failure !== undefined) return `${query} at ${timeMs}: ${failure}`;
  }
  return undefined;
}

function checkAsRange(command: EvalCommand, store: MemoryStore, engine: Engine): string | undefined {
  const { query, startMs: timeMs } = command;
  const ordered = command.expectations.some(({ kind }) => kind === 'ordered');
  const expr = parse(query, ALL_FEATURES);
  if (ordered || command.rangeVector !== undefined || command.string !== undefined || dependsOnQuery(expr)) {
    return undefined;
  }
  if (expr.kind === 'matrixSelector' || expr.kind === 'subquery') return undefined;
  const request = { query, startMs: timeMs - MINUTE, endMs: timeMs + MINUTE, stepMs: MINUTE };
  if (command.expectations.some(({ kind }) => kind === 'fail')) return undefined;
  return check(
    command,
    () => {
      const result = engine.range(store, request);
      return { ...result, value: middleStep(result.value, timeMs, command) };
    },
    false,
  );
}

/** start(), end(), step() and range() speak of the query, not of a time. */
function dependsOnQuery(expr: Expr): boolean {
  return (
    /\b(?:start|end|step|range)\s*\(/i.test(print(expr)) ||
    childrenOf(expr).some((child) => child.kind === 'subquery' && dependsOnQuery(child))
  );
}

function middleStep(value: QueryValue, timeMs: number, command: EvalCommand): QueryValue {
  if (value.type !== 'matrix') throw new TypeError(`expected a matrix, got a ${value.type}`);
  if (command.scalar !== undefined) {
    return { type: 'scalar', timeMs, value: value.series[0]!.row.values[1]! };
  }
  const series = value.series.flatMap(({ labels, row }) => {
    if (row.kinds[1] === 0) return [];
    const one = new Row(1);
    one.copyStep(0, row, 1);
    return [{ labels, row: one }];
  });
  return { type: 'vector', timeMs, series };
}
