import { dirname, isAbsolute, join } from 'node:path';
import { glob } from 'node:fs/promises';
import { Duration, loadConfig } from '@binnacle/service-kit';
import { Type, type StaticDecode, type TSchema } from 'typebox';
import { ruleFileSchema } from '../../config/ruleFileSchema.ts';
import type { RuleFile } from '../../config/serverConfig.ts';
import { MetricsServerError } from '../../errors.ts';

/** A key that is written with nothing behind it is as one that is not there. */
const list = <T extends TSchema>(item: T) => Type.Optional(Type.Union([Type.Array(item), Type.Null()]));
const texts = () =>
  Type.Optional(Type.Union([Type.Record(Type.String({ minLength: 1 }), Type.String()), Type.Null()]));

const alertTest = Type.Object({
  eval_time: Type.Optional(Duration()),
  alertname: Type.Optional(Type.String()),
  exp_alerts: list(Type.Object({ exp_labels: texts(), exp_annotations: texts() })),
});

const exprTest = Type.Object({
  expr: Type.String(),
  eval_time: Type.Optional(Duration()),
  exp_samples: list(
    Type.Object({
      labels: Type.Optional(Type.String()),
      value: Type.Optional(Type.String()),
      histogram: Type.Optional(Type.String()),
    }),
  ),
});

const testGroup = Type.Object({
  name: Type.Optional(Type.String()),
  interval: Type.Optional(Duration()),
  start_timestamp: Type.Optional(Type.String()),
  input_series: list(Type.Object({ series: Type.String(), values: Type.String() })),
  alert_rule_test: list(alertTest),
  promql_expr_test: list(exprTest),
  external_labels: texts(),
  external_url: Type.Optional(Type.String()),
});

const testFileSchema = Type.Object({
  rule_files: list(Type.String()),
  evaluation_interval: Type.Optional(Duration()),
  group_eval_order: list(Type.String()),
  fuzzy_compare: Type.Optional(Type.Boolean()),
  tests: list(testGroup),
});

export type TestSection = StaticDecode<typeof testGroup>;
export type AlertTestSection = StaticDecode<typeof alertTest>;
export type ExprTestSection = StaticDecode<typeof exprTest>;

/** A file of unit tests for rules, in promtool's format, and the rule files that it names. */
export interface TestFile {
  readonly ruleFiles: readonly RuleFile[];
  readonly evaluationIntervalMs: number;
  readonly groupOrder: readonly string[];
  readonly fuzzyCompare: boolean;
  readonly tests: readonly TestSection[];
  /** Patterns of `rule_files` that name no file. */
  readonly unmatched: readonly string[];
}

const DEFAULT_INTERVAL_MS = 60_000;

/** Throws ConfigError with every problem, ServiceError for a file that cannot be read, METRICS_BAD_CONFIG. */
export async function readTestFile(file: string): Promise<TestFile> {
  const config = await loadConfig(file, testFileSchema);
  const groupOrder = config.group_eval_order ?? [];
  const repeated = groupOrder.find((name, i) => groupOrder.indexOf(name) !== i);
  if (repeated !== undefined) throw bad(`${file}: group_eval_order names ${JSON.stringify(repeated)} twice`);
  const paths: string[] = [];
  const unmatched: string[] = [];
  for (const pattern of config.rule_files ?? []) {
    const found = await filesOf(pattern, dirname(file));
    if (found.length === 0) unmatched.push(pattern);
    paths.push(...found);
  }
  const ruleFiles: RuleFile[] = [];
  for (const path of new Set(paths)) {
    ruleFiles.push({ file: path, groups: (await loadConfig(path, ruleFileSchema)).groups ?? [] });
  }
  return {
    ruleFiles,
    evaluationIntervalMs: config.evaluation_interval || DEFAULT_INTERVAL_MS,
    groupOrder,
    fuzzyCompare: config.fuzzy_compare ?? false,
    tests: config.tests ?? [],
    unmatched,
  };
}

async function filesOf(pattern: string, folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const path of glob(isAbsolute(pattern) ? pattern : join(folder, pattern))) found.push(path);
  return found.sort();
}

function bad(message: string): MetricsServerError {
  return new MetricsServerError('METRICS_BAD_CONFIG', message);
}
