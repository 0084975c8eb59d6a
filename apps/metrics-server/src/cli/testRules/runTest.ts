import { Labels } from '@binnacle/model';
import { Engine } from '@binnacle/promql';
import type { Features } from '../../features.ts';
import type { AlertingRule } from '../../rules/alertingRule.ts';
import type { RuleSample } from '../../rules/rule.ts';
import { ruleSamples } from '../../rules/ruleSamples.ts';
import { groupsOf } from '../../rules/ruleFiles.ts';
import { RuleGroup } from '../../rules/ruleGroup.ts';
import { checkAlerts } from './checkAlerts.ts';
import { checkExpression } from './checkExpression.ts';
import { timeText, type TestFailure } from './testFailure.ts';
import { InputSeries } from './inputSeries.ts';
import type { AlertTestSection, TestFile, TestSection } from './testFile.ts';
import { TestStore } from './testStore.ts';

export interface TestContext {
  readonly features: Features;
  /** Awaited after each evaluation; throws when the run was cancelled. */
  readonly breathe: () => Promise<void>;
}

const LOOKBACK_MS = 300_000;

/**
 * Runs one test: every rule group is evaluated at each evaluation interval, whatever its own, alerts are compared
 * at the evaluation at or before their time, and expressions at the end, over the samples that came in until then.
 */
export async function runTest(
  section: TestSection,
  file: TestFile,
  context: TestContext,
): Promise<TestFailure[]> {
  const { evaluationIntervalMs, fuzzyCompare } = file;
  const startMs = startOf(section);
  const store = new TestStore();
  const input = new InputSeries(section, store, startMs, section.interval || evaluationIntervalMs);
  const engine = new Engine({
    features: context.features.engine,
    lookbackMs: LOOKBACK_MS,
    subqueryStepMs: evaluationIntervalMs,
  });
  const evaluate = async (query: string, timeMs: number): Promise<RuleSample[]> =>
    ruleSamples(engine.instant(store, { query, timeMs }).value);
  const groups = groupsOfTest(section, file, context, store, evaluate);
  const alertTests = section.alert_rule_test ?? [];
  const exprTests = section.promql_expr_test ?? [];
  const unnamed = alertTests.find(({ alertname }) => (alertname ?? '') === '');
  if (unnamed !== undefined) {
    return [
      {
        what: `alert_rule_test, ${timeText(unnamed.eval_time)}`,
        message: 'expected an alertname, found none',
      },
    ];
  }
  const failures: TestFailure[] = [];
  const endMs = Math.max(0, ...[...alertTests, ...exprTests].map((test) => test.eval_time ?? 0));
  for (let ms = 0; ms <= endMs; ms += evaluationIntervalMs) {
    input.loadUntil(startMs + ms);
    for (const group of groups) await group.evaluateAt(startMs + ms);
    const broken = failedRules(groups, ms);
    if (broken.length > 0) return [...failures, ...broken];
    const due = alertTests.filter((test) => isDue(test, ms, evaluationIntervalMs));
    for (const test of inTimeOrder(due)) failures.push(...checkAlerts(test, alertingRules(groups)));
    await context.breathe();
  }
  for (const test of exprTests) {
    const timeMs = startMs + (test.eval_time ?? 0);
    failures.push(
      ...checkExpression(test, (query) => engine.instant(store, { query, timeMs }).value, fuzzyCompare),
    );
  }
  return failures;
}

function groupsOfTest(
  section: TestSection,
  { ruleFiles, evaluationIntervalMs, groupOrder }: TestFile,
  { features }: TestContext,
  storage: TestStore,
  evaluate: (query: string, timeMs: number) => Promise<RuleSample[]>,
): RuleGroup[] {
  const externalUrl = section.external_url ?? '';
  const options = groupsOf(ruleFiles, {
    features: features.engine,
    evaluationIntervalMs,
    ruleQueryOffsetMs: 0,
    externalLabels: Labels.from(section.external_labels ?? {}),
    externalUrl: () => externalUrl,
  });
  const place = (name: string): number => Math.max(0, groupOrder.indexOf(name));
  const nothing = (): void => undefined;
  const clock = { now: () => 0, setTimer: () => nothing };
  return options
    .toSorted((a, b) => place(a.name) - place(b.name))
    .map(
      (group) => new RuleGroup(group, { storage, clock, evaluate, onEvaluation: nothing, onMissed: nothing }),
    );
}

function failedRules(groups: readonly RuleGroup[], ms: number): TestFailure[] {
  return groups
    .flatMap(({ options }) => options.rules)
    .filter(({ health }) => health.health === 'err')
    .map(({ name, health }) => ({ what: `rule ${name}, ${timeText(ms)}`, message: health.lastError }));
}

function alertingRules(groups: readonly RuleGroup[]): AlertingRule[] {
  return groups.flatMap(({ options }) => options.rules).filter((rule) => rule.kind === 'alerting');
}

/** An evaluation stands for the time until the next one. */
function isDue({ eval_time: time = 0 }: AlertTestSection, ms: number, intervalMs: number): boolean {
  return time >= ms && time < ms + intervalMs;
}

function inTimeOrder(tests: readonly AlertTestSection[]): AlertTestSection[] {
  return tests.toSorted((a, b) => (a.eval_time ?? 0) - (b.eval_time ?? 0));
}

/** The base of all times: Unix seconds or RFC 3339. */
function startOf({ start_timestamp: text = '0' }: TestSection): number {
  const ms = /^-?\d+(?:\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new Error(
    `start_timestamp: expected Unix seconds or a time such as 2026-01-31T12:00:00Z, found ${JSON.stringify(text)}`,
  );
}
