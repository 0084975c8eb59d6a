import { createConnection, type Socket } from 'node:net';
import { tempDir } from '@binnacle/testing';
import { cpuSeconds } from '../processStats.ts';
import { KEYS } from './shapes.ts';
import { startClusters } from './servers.ts';

/** What the recorded run spent in one of its three redis-servers on a tuple of "insert 100", in microseconds. */
const RECORDED_MICROS = 58 / 3;
const TUPLES_PER_ROUND = 100;
const CONNECTIONS = 4;
const MEASURED_MS = 1000;

/** The commands of Roshi's insert, as its documented semantics order them: it sends the text with every tuple. */
const SCRIPT = `
local live, dead = KEYS[1] .. '+', KEYS[1] .. '-'
local score, member, capacity = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
if redis.call('ZCARD', live) >= capacity then
  local oldest = redis.call('ZRANGE', live, 0, 0, 'WITHSCORES')[2]
  if oldest and score < tonumber(oldest) then return -1 end
end
local inserted, deleted = redis.call('ZSCORE', live, member), redis.call('ZSCORE', dead, member)
if inserted and score < tonumber(inserted) then return -1 end
if deleted and score <= tonumber(deleted) then return -1 end
redis.call('ZREM', dead, member)
local added = redis.call('ZADD', live, ARGV[1], member)
redis.call('ZREMRANGEBYRANK', live, 0, -(capacity + 1))
return added
`;

/** Tells how slow this machine is now, beside the one that Roshi was recorded on. */
export interface Calibration extends AsyncDisposable {
  /**
   * CPU that Redis needs here for what it needed 1 for there: the script that Roshi has it run, a tuple at a time, in
   * pipelines of 100 over several connections to three servers at once.
   */
  factor(): Promise<number>;
}

/** Starts the three redis-servers of the calibration. */
export async function startCalibration(): Promise<Calibration> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(tempDir('bench-calibration'), async (dir) => dir.remove());
  const servers = await startClusters(stack, folder.path);
  const pipelines = servers.flatMap(({ port }) =>
    Array.from({ length: CONNECTIONS }, () => stack.use(new Pipeline(port))),
  );
  const run = (milliseconds: number): Promise<number[]> =>
    Promise.all(pipelines.map((pipeline) => pipeline.run(performance.now() + milliseconds)));
  const cpu = (): number => servers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
  await run(2 * MEASURED_MS);
  const started = stack.move();
  return {
    factor: async () => {
      const before = cpu();
      const rounds = (await run(MEASURED_MS)).reduce((sum, count) => sum + count, 0);
      return ((cpu() - before) * 1e6) / (rounds * TUPLES_PER_ROUND) / RECORDED_MICROS;
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** One connection that sends 100 tuples, waits for their answers, and goes on. */
class Pipeline implements Disposable {
  static #member = 0;
  readonly #socket: Socket;
  #missing = 0;
  #answered: (() => void) | undefined;

  constructor(port: number) {
    this.#socket = createConnection(port, '127.0.0.1');
    this.#socket.on('data', (chunk) => {
      for (const byte of chunk) if (byte === 0x0a) this.#missing--;
      if (this.#missing <= 0) this.#answered?.();
    });
  }

  /** Returns the rounds that it made until then. */
  async run(end: number): Promise<number> {
    let rounds = 0;
    for (; performance.now() < end; rounds++) {
      this.#missing = TUPLES_PER_ROUND;
      await new Promise<void>((resolve) => {
        this.#answered = resolve;
        this.#socket.write(Array.from({ length: TUPLES_PER_ROUND }, insert).join(''));
      });
    }
    return rounds;

    function insert(): string {
      const n = Pipeline.#member++;
      const key = String((n * 7919) % KEYS).padStart(9, '0');
      return command('EVAL', SCRIPT, '1', key, String(1_700_000_000_000 + n), `event:${n}`, '10000');
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}

function command(...args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
}
