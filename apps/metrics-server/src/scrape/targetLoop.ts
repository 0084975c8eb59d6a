import { appendFile } from 'node:fs/promises';
import { ProtobufParser, TextParser, type MetadataKind } from '@binnacle/exposition';
import type { Clock, HttpClient, Log, Target } from '@binnacle/service-discovery';
import { SAMPLE_STATUS } from '@binnacle/tsdb';
import type { ScrapeConfig } from '../config/serverConfig.ts';
import { messageOf } from '../errors.ts';
import type { Storage, WriteBatch } from '../storage.ts';
import type { BodyBuffers } from './bodyBuffers.ts';
import { ClassicHistograms } from './classicHistograms.ts';
import { CreatedLines } from './createdLines.ts';
import { fetchTarget } from './fetchTarget.ts';
import { ReportSeries } from './reportSeries.ts';
import { Schedule } from './schedule.ts';
import { StartSynthesis } from './startSynthesis.ts';
import { TargetSeries } from './targetSeries.ts';

/** What loops share. */
export interface LoopContext {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  readonly bodies: BodyBuffers;
  readonly exemplarStorage: boolean;
  readonly extraMetrics: boolean;
  readonly createdZeros: boolean;
  readonly storesStarts: boolean;
  readonly synthesizesStarts: boolean;
  readonly onMetadata: (target: Target, family: string, kind: MetadataKind, text: string) => void;
  readonly onStatuses: (statuses: Uint8Array) => void;
  /** Samples were refused for being too far ahead of the clock. */
  readonly onAhead: (samples: number) => void;
  readonly onScrape: (job: string, failed: string | undefined, seconds: number, samples: number) => void;
  /** A target began to answer (`error` is empty), or stopped. */
  readonly onHealth: (job: string, target: Target, error: string, atMs: number) => void;
}

/** How a target does, for `/targets`. */
export interface TargetHealth {
  health: 'unknown' | 'up' | 'down';
  lastError: string;
  lastScrapeMs: number;
  lastDurationSeconds: number;
}

const NO_SCRAPE_YET = -62_135_596_800_000;
/** A target that is gone gets its stale markers this much of an interval later. */
const STALE_DELAY = 1.1;

/** Scrapes one target again and again. One scrape at a time: what is due while one runs is left out. */
export class TargetLoop {
  readonly health: TargetHealth = {
    health: 'unknown',
    lastError: '',
    lastScrapeMs: NO_SCRAPE_YET,
    lastDurationSeconds: 0,
  };
  target: Target;
  readonly #context: LoopContext;
  #config: ScrapeConfig;
  #client: HttpClient;
  #schedule: Schedule;
  readonly #batch: WriteBatch;
  readonly #series: TargetSeries;
  #synthesis: StartSynthesis | undefined;
  #classic: ClassicHistograms | undefined;
  #createdLines: CreatedLines | undefined;
  readonly #report: ReportSeries;
  readonly #text = new TextParser();
  #protobuf: ProtobufParser;
  readonly #abort = new AbortController();
  #cancelTimer: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #limitError: string | undefined;
  /** Size of the last body, and the buffer of the one that the text parser still has. */
  #bodyBytes = 0;
  #textBody: Buffer | undefined;

  constructor(context: LoopContext, target: Target, config: ScrapeConfig, client: HttpClient) {
    this.#context = context;
    this.target = target;
    this.#config = config;
    this.#client = client;
    this.#schedule = scheduleOf(target, config);
    this.#batch = context.storage.batch();
    this.#series = new TargetSeries({
      storage: context.storage,
      batch: this.#batch,
      config,
      targetLabels: target.labels,
      keepLabels: context.exemplarStorage,
      createdZeros: context.createdZeros,
      storesStarts: context.storesStarts,
      onMetadata: (family, kind, text) => context.onMetadata(this.target, family, kind, text),
    });
    this.#chain(config);
    this.#report = new ReportSeries(context.storage, target.labels);
    this.#protobuf = new ProtobufParser({ alwaysClassicHistograms: config.alwaysClassicHistograms });
  }

  start(): void {
    this.#wait(-Infinity);
  }

  /** Takes a new configuration, from the next scrape on. */
  configure(target: Target, config: ScrapeConfig, client: HttpClient): void {
    const isSame = config.fingerprint === this.#config.fingerprint;
    this.target = target;
    this.#client = client;
    if (isSame) return;
    this.#config = config;
    this.#series.config = config;
    this.#series.targetLabels = target.labels;
    this.#chain(config);
    this.#report.relabel(target.labels);
    this.#protobuf = new ProtobufParser({ alwaysClassicHistograms: config.alwaysClassicHistograms });
    this.#text.forget();
    this.#schedule = scheduleOf(target, config);
    this.#cancelTimer?.();
    this.#wait(-Infinity);
  }

  /** While there is a text, every scrape fails with it: the pool has more targets than it may have. */
  refuse(error: string | undefined): void {
    this.#limitError = error;
  }

  /** Ends the loop. With `stale`, its series end too, about one interval from now. */
  async stop(stale: boolean): Promise<void> {
    this.#cancelTimer?.();
    this.#abort.abort();
    await this.#running;
    if (!stale || this.health.lastScrapeMs === NO_SCRAPE_YET) return;
    const { intervalMs } = this.#schedule;
    const staleMs = this.health.lastScrapeMs + intervalMs;
    this.#context.clock.setTimer(() => {
      // Where somebody else scrapes the same series by now, these come too late and are refused.
      this.#series.dropAll(staleMs);
      this.#report.appendStale(this.#batch, staleMs);
      const failure = this.#commit();
      if (failure !== undefined) this.#context.log.warn({ target: this.target.url }, failure);
    }, intervalMs * STALE_DELAY);
  }

  /** Waits for the next planned time after `doneMs`: a timer may fire a little before its time. */
  #wait(doneMs: number): void {
    const now = this.#context.clock.now();
    const plannedMs = this.#schedule.next(Math.max(now, doneMs));
    this.#cancelTimer = this.#context.clock.setTimer(() => {
      this.#running = this.#scrape(plannedMs).then(() => {
        if (!this.#abort.signal.aborted) this.#wait(plannedMs);
      });
    }, plannedMs - now);
  }

  async #scrape(plannedMs: number): Promise<void> {
    const { clock } = this.#context;
    const config = this.#config;
    const startedMs = clock.now();
    const timeMs = this.#schedule.timestamp(plannedMs, startedMs);
    const startedAt = performance.now();
    const timeoutMs = this.target.scrapeTimeoutMs ?? config.timeoutMs;
    let failure: string | undefined;
    let bodyBytes = 0;
    this.#series.begin(timeMs);
    this.#synthesis?.begin(timeMs);
    this.#classic?.begin();
    try {
      if (this.#limitError !== undefined) throw new Error(this.#limitError);
      const { buffer, length, protocol } = await fetchTarget(
        this.target,
        config,
        this.#client,
        timeoutMs,
        this.#abort.signal,
        this.#context.bodies,
        this.#bodyBytes,
      );
      bodyBytes = length;
      this.#bodyBytes = length;
      const body = buffer.subarray(0, length);
      const handler = this.#createdLines ?? this.#classic ?? this.#synthesis ?? this.#series;
      if (protocol === 'PrometheusProto') {
        try {
          this.#protobuf.parse(body, handler);
        } finally {
          this.#context.bodies.give(buffer);
        }
      } else {
        try {
          this.#text.parse(body, protocol.startsWith('OpenMetrics'), handler);
        } finally {
          // The parser has let go of the body before.
          if (this.#textBody !== undefined) this.#context.bodies.give(this.#textBody);
          this.#textBody = buffer;
        }
      }
      this.#classic?.end();
      this.#synthesis?.end();
      this.#series.end();
    } catch (error) {
      if (this.#abort.signal.aborted) return this.#batch.rollback();
      failure = messageOf(error);
      bodyBytes = 0;
      this.#batch.rollback();
      this.#series.dropAll(timeMs);
      this.#forgetRefs();
    }
    const durationSeconds = (performance.now() - startedAt) / 1000;
    const { scraped, kept, added, ahead } = this.#series;
    if (ahead > 0) this.#context.onAhead(ahead);
    const isUp = failure === undefined;
    this.#report.append(
      this.#batch,
      timeMs,
      {
        up: isUp,
        durationSeconds,
        scraped: isUp ? scraped : 0,
        kept: isUp ? kept : 0,
        added: isUp ? added : 0,
        timeoutSeconds: timeoutMs / 1000,
        sampleLimit: config.sampleLimit,
        bodyBytes: isUp ? bodyBytes : -1,
      },
      config.extraScrapeMetrics || this.#context.extraMetrics,
    );
    this.health.lastScrapeMs = timeMs;
    failure = this.#commit() ?? failure;
    const before = this.health.health;
    this.health.health = failure === undefined ? 'up' : 'down';
    this.health.lastError = failure ?? '';
    // A first answer is no news; a first failure is.
    const isNews = before === 'unknown' ? failure !== undefined : before !== this.health.health;
    if (isNews) this.#context.onHealth(config.jobName, this.target, this.health.lastError, timeMs);
    this.health.lastDurationSeconds = durationSeconds;
    if (failure !== undefined) this.#logFailure(config, failure);
    this.#context.onScrape(config.jobName, failure, durationSeconds, kept);
  }

  /** Writes the batch; the text of what went wrong when the store could not take it. */
  #commit(): string | undefined {
    let result;
    try {
      result = this.#batch.commit();
    } catch (error) {
      return messageOf(error);
    }
    const { statuses, refused } = result;
    if (refused === 0) return undefined;
    this.#context.onStatuses(statuses);
    if (!statuses.includes(SAMPLE_STATUS.unknownSeries)) return undefined;
    // The store has let go of series that were idle for long: ask for them again at the next scrape.
    this.#series.dropAll(this.health.lastScrapeMs);
    this.#batch.rollback();
    this.#forgetRefs();
    this.#report.forget();
    return undefined;
  }

  #logFailure({ failureLogFile, jobName }: ScrapeConfig, failure: string): void {
    if (failureLogFile === undefined) return;
    const time = new Date(this.#context.clock.now()).toISOString();
    const line = { time, level: 'ERROR', msg: failure, job_name: jobName, target: this.target.url };
    appendFile(failureLogFile, `${JSON.stringify(line)}\n`).catch((error: unknown) =>
      this.#context.log.warn({ err: error }, 'the log of failed scrapes cannot be written'),
    );
  }

  /** The series that the parsers know are gone. */
  #forgetRefs(): void {
    this.#text.forget();
    this.#protobuf.forget();
    this.#synthesis?.forget();
    this.#classic?.forget();
    this.#createdLines?.forget();
  }

  /** What stands between the parser and the series, from the series on: each hands on to the one before it. */
  #chain(config: ScrapeConfig): void {
    const { createdZeros, storesStarts, synthesizesStarts } = this.#context;
    this.#synthesis = synthesizesStarts
      ? new StartSynthesis(this.#series, config.honorTimestamps)
      : undefined;
    const inner = this.#synthesis ?? this.#series;
    this.#classic = config.convertClassicHistograms
      ? new ClassicHistograms(inner, config.alwaysClassicHistograms)
      : undefined;
    this.#createdLines = createdZeros || storesStarts ? new CreatedLines(this.#classic ?? inner) : undefined;
  }
}

function scheduleOf(target: Target, config: ScrapeConfig): Schedule {
  return new Schedule(target.key, target.scrapeIntervalMs ?? config.intervalMs);
}
