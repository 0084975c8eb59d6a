import { LabelsBuilder, Matcher, METRIC_NAME, type Labels } from '@binnacle/model';
import { createSampleBuffer } from '@binnacle/promql';
import type { Clock } from '@binnacle/service-discovery';
import { messageOf } from '../errors.ts';
import { Schedule } from '../scrape/schedule.ts';
import { AlertingRule } from './alertingRule.ts';
import type { RecordingRule } from './recordingRule.ts';
import type { Evaluate, RuleBatch, RuleSample, RuleStorage } from './rule.ts';

export type Rule = AlertingRule | RecordingRule;

export interface GroupOptions {
  readonly file: string;
  readonly name: string;
  readonly intervalMs: number;
  readonly queryOffsetMs: number;
  /** 0 is no limit. */
  readonly limit: number;
  readonly rules: readonly Rule[];
}

export interface GroupContext {
  readonly storage: RuleStorage;
  readonly clock: Clock;
  readonly evaluate: Evaluate;
  readonly onEvaluation: (group: RuleGroup, rule: Rule, error: unknown) => void;
  readonly onMissed: (group: RuleGroup, count: number) => void;
}

/** How long the server may have been away for alerts to go on from where they were. */
const OUTAGE_TOLERANCE_MS = 3_600_000;

/** Rules that are evaluated one after the other, again and again. */
export class RuleGroup {
  readonly options: GroupOptions;
  readonly #context: GroupContext;
  readonly #schedule: Schedule;
  readonly #batch: RuleBatch;
  /** By rule: the series that it made the last time. */
  #outputs: Map<string, Labels>[];
  #cancelTimer: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;
  #isRestored = false;
  lastEvaluationMs = -62_135_596_800_000;
  evaluationSeconds = 0;

  constructor(options: GroupOptions, context: GroupContext) {
    this.options = options;
    this.#context = context;
    this.#schedule = new Schedule(`${options.file};${options.name}`, options.intervalMs);
    this.#batch = context.storage.batch();
    this.#outputs = options.rules.map(() => new Map());
  }

  get key(): string {
    return `${this.options.file};${this.options.name}`;
  }

  start(): void {
    this.#wait(-Infinity);
  }

  /** Takes over from a group of the same name: alerts go on, and series that no rule makes any more get their end. */
  adopt(other: RuleGroup): void {
    this.#isRestored = other.#isRestored;
    const unclaimed = new Map<string, Labels>();
    for (const [i, rule] of other.options.rules.entries()) {
      const at = this.options.rules.findIndex(
        (mine, j) => isSameRule(mine, rule) && this.#outputs[j]!.size === 0,
      );
      if (at < 0) for (const [key, labels] of other.#outputs[i]!) unclaimed.set(key, labels);
      else {
        this.#outputs[at] = other.#outputs[i]!;
        const mine = this.options.rules[at]!;
        if (mine instanceof AlertingRule && rule instanceof AlertingRule) mine.adopt(rule);
      }
    }
    this.#endSeries([...unclaimed.values()]);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    await this.#running;
  }

  /** The group is gone from the configuration: what its rules made ends. */
  endAll(): void {
    this.#endSeries(this.#outputs.flatMap((output) => [...output.values()]));
  }

  /** Evaluates every rule once, as at a time. */
  async evaluateAt(timeMs: number): Promise<void> {
    const startedAt = performance.now();
    const queryMs = timeMs - this.options.queryOffsetMs;
    for (const [index, rule] of this.options.rules.entries()) {
      if (this.#isStopped) return;
      const ruleStartedAt = performance.now();
      let failure: unknown;
      try {
        const samples = await rule.evaluate(this.#context.evaluate, queryMs, this.options.limit);
        this.#write(index, samples, queryMs);
        rule.health.health = 'ok';
        rule.health.lastError = '';
      } catch (error) {
        failure = error;
        rule.health.health = 'err';
        rule.health.lastError = messageOf(error);
      }
      rule.health.lastEvaluationMs = timeMs;
      rule.health.evaluationSeconds = (performance.now() - ruleStartedAt) / 1000;
      this.#context.onEvaluation(this, rule, failure);
    }
    if (!this.#isRestored) this.#restore(queryMs);
    this.lastEvaluationMs = timeMs;
    this.evaluationSeconds = (performance.now() - startedAt) / 1000;
  }

  #wait(doneMs: number): void {
    const now = this.#context.clock.now();
    const plannedMs = this.#schedule.next(Math.max(now, doneMs));
    if (doneMs > -Infinity) {
      const missed = Math.round((plannedMs - doneMs) / this.options.intervalMs) - 1;
      if (missed > 0) this.#context.onMissed(this, missed);
    }
    this.#cancelTimer = this.#context.clock.setTimer(() => {
      this.#running = this.evaluateAt(plannedMs).then(() => {
        if (!this.#isStopped) this.#wait(plannedMs);
      });
    }, plannedMs - now);
  }

  #write(index: number, samples: readonly RuleSample[], timeMs: number): void {
    const before = this.#outputs[index]!;
    const now = new Map<string, Labels>();
    const { storage } = this.#context;
    for (const { labels, value, histogram } of samples) {
      now.set(labels.key, labels);
      const ref = storage.getOrCreateSeries(labels);
      if (histogram === undefined) this.#batch.append(ref, timeMs, value);
      else this.#batch.appendHistogram(ref, timeMs, histogram);
    }
    for (const [key, labels] of before) {
      if (!now.has(key)) this.#batch.appendStale(storage.getOrCreateSeries(labels), timeMs);
    }
    this.#batch.commit();
    this.#outputs[index] = now;
  }

  #endSeries(series: readonly Labels[]): void {
    const timeMs = this.#context.clock.now();
    for (const labels of series)
      this.#batch.appendStale(this.#context.storage.getOrCreateSeries(labels), timeMs);
    this.#batch.commit();
  }

  /** After a start: alerts that were pending before it go on counting from when they became active. */
  #restore(timeMs: number): void {
    this.#isRestored = true;
    const buffer = createSampleBuffer();
    for (const rule of this.options.rules) {
      if (!(rule instanceof AlertingRule) || rule.options.forMs === 0) continue;
      const matchers = [
        new Matcher('=', METRIC_NAME, 'ALERTS_FOR_STATE'),
        new Matcher('=', 'alertname', rule.name),
      ];
      const set = this.#context.storage.select(matchers, {
        minMs: timeMs - OUTAGE_TOLERANCE_MS,
        maxMs: timeMs - 1,
      });
      for (let i = 0; i < set.length; i++) {
        set.read(i, buffer);
        const seconds = buffer.length === 0 ? NaN : buffer.values[buffer.length - 1]!;
        if (!Number.isNaN(seconds)) {
          rule.restore(new LabelsBuilder(set.labels(i)).delete(METRIC_NAME).build(), seconds * 1000);
        }
      }
    }
  }
}

function isSameRule(a: Rule, b: Rule): boolean {
  return a.kind === b.kind && a.name === b.name && a.query === b.query && a.labels.key === b.labels.key;
}
