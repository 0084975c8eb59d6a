import type { Clock } from '@binnacle/service-kit';

/** Work that is repeated for one target. */
export interface Job {
  /** Unique, stable over restarts: decides the job's place in the interval. */
  readonly key: string;
  /** Jobs of one group share its part of the capacity. */
  readonly group: string;
  readonly intervalMs: number;
  /** Never rejects. */
  run(): Promise<void>;
}

export interface SchedulerLimits {
  readonly concurrent: number;
  readonly concurrentPerGroup: number;
}

interface Entry {
  job: Job;
  startedMs: number;
  state: 'waiting' | 'queued' | 'running';
  isRemoved: boolean;
  cancelTimer: (() => void) | undefined;
}

/**
 * Runs each job at once and then once an interval, never twice at a time. Jobs are spread over their interval
 * by key. When more are due than may run, groups take turns, so that a group of slow targets delays its own.
 */
export class Scheduler {
  readonly #clock: Clock;
  readonly #seed: number;
  limits: SchedulerLimits;
  readonly #entries = new Map<string, Entry>();
  /** Due jobs by group; a group goes to the end of the map when it had its turn. */
  readonly #queues = new Map<string, Entry[]>();
  readonly #runningByGroup = new Map<string, number>();
  #running = 0;
  #isStopped = false;

  /** `seed` keeps two servers with the same targets from scraping them at the same moments. */
  constructor(clock: Clock, limits: SchedulerLimits, seed: string) {
    this.#clock = clock;
    this.limits = limits;
    this.#seed = hash(seed);
  }

  /** Adds a job, or takes its new form where the key is known: it goes on from where it is. */
  add(job: Job): void {
    const known = this.#entries.get(job.key);
    if (known !== undefined) {
      const isReplanned = known.state === 'waiting' && known.job.intervalMs !== job.intervalMs;
      known.job = job;
      if (isReplanned) this.#wait(known);
      return;
    }
    const entry: Entry = { job, startedMs: 0, state: 'waiting', isRemoved: false, cancelTimer: undefined };
    this.#entries.set(job.key, entry);
    this.#enqueue(entry);
  }

  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    entry.isRemoved = true;
    entry.cancelTimer?.();
    const queue = this.#queues.get(entry.job.group);
    if (entry.state === 'queued' && queue !== undefined) queue.splice(queue.indexOf(entry), 1);
  }

  stop(): void {
    this.#isStopped = true;
    for (const key of this.#entries.keys()) this.remove(key);
  }

  get running(): number {
    return this.#running;
  }

  get queued(): number {
    let queued = 0;
    for (const queue of this.#queues.values()) queued += queue.length;
    return queued;
  }

  #enqueue(entry: Entry): void {
    entry.state = 'queued';
    const queue = this.#queues.get(entry.job.group);
    if (queue === undefined) this.#queues.set(entry.job.group, [entry]);
    else queue.push(entry);
    this.#dispatch();
  }

  #dispatch(): void {
    for (const [group, queue] of this.#queues) {
      if (this.#running >= this.limits.concurrent) return;
      if (queue.length > 0 && (this.#runningByGroup.get(group) ?? 0) >= this.limits.concurrentPerGroup)
        continue;
      this.#queues.delete(group);
      const entry = queue.shift();
      if (queue.length > 0) this.#queues.set(group, queue); // to the end, where this loop comes by again
      if (entry !== undefined) void this.#run(entry);
    }
  }

  async #run(entry: Entry): Promise<void> {
    const { group } = entry.job;
    entry.state = 'running';
    entry.startedMs = this.#clock.now();
    this.#running++;
    this.#runningByGroup.set(group, (this.#runningByGroup.get(group) ?? 0) + 1);
    try {
      await entry.job.run();
    } finally {
      this.#running--;
      const left = this.#runningByGroup.get(group)! - 1;
      if (left === 0) this.#runningByGroup.delete(group);
      else this.#runningByGroup.set(group, left);
      if (!entry.isRemoved && !this.#isStopped) this.#wait(entry);
      this.#dispatch();
    }
  }

  #wait(entry: Entry): void {
    entry.state = 'waiting';
    const nowMs = this.#clock.now();
    const { key, intervalMs } = entry.job;
    const earliestMs = Math.max(entry.startedMs + intervalMs / 2, nowMs + 1);
    const delayMs = nextSlot(earliestMs, intervalMs, (hash(key) ^ this.#seed) >>> 0) - nowMs;
    entry.cancelTimer?.();
    entry.cancelTimer = this.#clock.setTimer(() => this.#enqueue(entry), delayMs);
  }
}

/** The first moment from `earliestMs` on that is the job's place in an interval. */
function nextSlot(earliestMs: number, intervalMs: number, hashed: number): number {
  const offset = Math.floor((hashed / 2 ** 32) * intervalMs);
  return Math.ceil((earliestMs - offset) / intervalMs) * intervalMs + offset;
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value ^= value >>> 15;
  return Math.imul(value, 0x2c1b3c6d) >>> 0;
}
