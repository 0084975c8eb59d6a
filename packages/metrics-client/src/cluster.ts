import cluster, { type Worker } from 'node:cluster';
import { aggregateFamilies, cumulativeFamilies } from './aggregate.ts';
import type { Family, Sample } from './snapshot.ts';

/**
 * Messages on the channel between the primary and a worker of `node:cluster`. `service` tells the registries of one
 * process apart; `request` pairs an answer with its question.
 */
interface MetricsQuestion {
  readonly type: 'binnacle-metrics-question';
  readonly service: string;
  readonly request: number;
}

interface MetricsAnswer {
  readonly type: 'binnacle-metrics-answer';
  readonly service: string;
  readonly request: number;
  readonly families: readonly Family[];
}

export interface ClusterOptions {
  readonly service: string;
  /** Longest wait for the answers of the workers. */
  readonly timeoutMs: number;
  /** Reads the metrics of this process. */
  readonly ownFamilies: () => Promise<Family[]>;
}

/** In a worker: answers the primary's questions. The returned function stops that. */
export function answerPrimary({ service, ownFamilies }: ClusterOptions): () => void {
  const onMessage = (message: unknown): void => {
    if (!isQuestion(message) || message.service !== service) return;
    void ownFamilies().then((families) => {
      const { request } = message;
      const answer: MetricsAnswer = {
        type: 'binnacle-metrics-answer',
        service,
        request,
        families: packNumbers(families),
      };
      // An error here means that the primary has gone; one that is alive counts this worker as missing.
      process.send?.(answer, undefined, undefined, () => undefined);
    });
  };
  process.on('message', onMessage);
  return () => void process.off('message', onMessage);
}

/**
 * In the primary: merges its own metrics with those of its workers. What a worker that has gone or does not answer
 * was last seen to have counted stays in the sums, so that no counter ever falls.
 */
export class ClusterMerger {
  readonly #options: ClusterOptions;
  readonly #lastSeen = new Map<number, readonly Family[]>();
  readonly #rounds = new Map<number, Round>();
  #departed: readonly Family[] = [];
  #nextRequest = 0;
  #isListening = false;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /** The merged metrics, and how many workers answered in time. */
  async families(): Promise<Family[]> {
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    if (workers.length === 0 && this.#departed.length === 0) return this.#options.ownFamilies();
    this.#listen();
    const [own, answered] = await Promise.all([this.#options.ownFamilies(), this.#ask(workers)]);
    const present = [...this.#lastSeen].map(([id, families]) =>
      answered.has(id) ? families : cumulativeFamilies(families),
    );
    const merged = aggregateFamilies([own, ...present, this.#departed]);
    return [...merged, workersFamily(answered.size, workers.length - answered.size)];
  }

  close(): void {
    cluster.off('message', this.#onMessage);
    cluster.off('exit', this.#onExit);
  }

  /** Resolves with the ids of the workers that answered, when none is left to wait for or the time is up. */
  #ask(workers: readonly Worker[]): Promise<ReadonlySet<number>> {
    const { service, timeoutMs } = this.#options;
    const request = this.#nextRequest++;
    return new Promise((resolve) => {
      const answered = new Set<number>();
      const finish = (): void => {
        clearTimeout(timer);
        this.#rounds.delete(request);
        resolve(answered);
      };
      const timer = setTimeout(finish, timeoutMs);
      const connected = workers.filter((worker) => worker.isConnected());
      const round = new Round(connected, answered, finish);
      if (connected.length === 0) return finish();
      this.#rounds.set(request, round);
      const question: MetricsQuestion = { type: 'binnacle-metrics-question', service, request };
      for (const worker of connected) {
        worker.send(question, (error) => {
          if (error) round.settle(worker.id, false);
        });
      }
    });
  }

  /** Only once there are workers, so that a process without a cluster carries no listeners. */
  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    cluster.on('message', this.#onMessage);
    cluster.on('exit', this.#onExit);
  }

  #onMessage = (worker: Worker, message: unknown): void => {
    if (!isAnswer(message) || message.service !== this.#options.service || worker.isDead()) return;
    this.#lastSeen.set(worker.id, unpackNumbers(message.families));
    this.#rounds.get(message.request)?.settle(worker.id, true);
  };

  #onExit = ({ id }: Worker): void => {
    for (const round of this.#rounds.values()) round.settle(id, false);
    const last = this.#lastSeen.get(id);
    if (last === undefined) return;
    this.#lastSeen.delete(id);
    this.#departed = aggregateFamilies([this.#departed, cumulativeFamilies(last)]);
  };
}

/** One question to all workers. */
class Round {
  readonly #waiting: Set<number>;
  readonly #answered: Set<number>;
  readonly #finish: () => void;

  constructor(workers: readonly Worker[], answered: Set<number>, finish: () => void) {
    this.#waiting = new Set(workers.map(({ id }) => id));
    this.#answered = answered;
    this.#finish = finish;
  }

  settle(id: number, hasAnswered: boolean): void {
    if (!this.#waiting.delete(id)) return;
    if (hasAnswered) this.#answered.add(id);
    if (this.#waiting.size === 0) this.#finish();
  }
}

function workersFamily(answered: number, missing: number): Family {
  const name = 'binnacle_metric_cluster_workers';
  return {
    name,
    help: 'Cluster workers asked for their metrics, by whether they answered in time.',
    type: 'gauge',
    aggregator: 'omit',
    samples: [
      { name, labels: { state: 'answered' }, value: answered },
      { name, labels: { state: 'missing' }, value: missing },
    ],
  };
}

/** The channel carries JSON, which has no infinities and no NaN: those travel as text. */
function packNumbers(families: readonly Family[]): Family[] {
  return mapValues(families, (value) => (Number.isFinite(value) ? value : String(value)) as number);
}

function unpackNumbers(families: readonly Family[]): Family[] {
  return mapValues(families, Number);
}

function mapValues(families: readonly Family[], change: (value: number) => number): Family[] {
  const changeSample = (sample: Sample): Sample => ({ ...sample, value: change(sample.value) });
  return families.map((family) => ({ ...family, samples: family.samples.map(changeSample) }));
}

function isQuestion(message: unknown): message is MetricsQuestion {
  return typeOf(message) === 'binnacle-metrics-question';
}

function isAnswer(message: unknown): message is MetricsAnswer {
  return typeOf(message) === 'binnacle-metrics-answer';
}

function typeOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null ? (message as { type?: unknown }).type : undefined;
}
