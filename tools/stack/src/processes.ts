import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';

export interface ProcessOptions {
  readonly name: string;
  /** Default: Node. */
  readonly command?: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Answers 200 when the process is ready. */
  readonly readyUrl?: string;
  /** Matches the output when the process is ready. */
  readonly readyOutput?: RegExp;
  readonly readyTimeoutMs?: number;
}

export interface StackProcess {
  readonly name: string;
  /** Resolves when the process is ready; throws with the end of its log when it ends before that. */
  readonly ready: Promise<void>;
  /** The last 16 KiB that it printed. */
  output(): string;
  /** SIGTERM, then SIGKILL after ten seconds. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const KEPT_OUTPUT = 16 * 1024;

/** Starts processes, keeps their output in one log file each, and stops them all together. */
export class Processes {
  readonly #logFolder: string;
  readonly #running = new Set<StackProcess>();
  #stopping = false;
  /** Called when a process ends that nobody stopped. */
  onUnexpectedExit: (name: string, logFile: string) => void = () => {};

  constructor(logFolder: string) {
    this.#logFolder = logFolder;
    mkdirSync(logFolder, { recursive: true });
  }

  start(options: ProcessOptions): StackProcess {
    const logFile = join(this.#logFolder, `${options.name}.log`);
    const log = createWriteStream(logFile);
    // A process group of its own: Ctrl-C in the terminal reaches this process only, which then stops the others in order.
    const child = spawn(options.command ?? process.execPath, options.args, {
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const ended = new Promise<void>((resolve) => {
      child.once('error', (error) => {
        log.write(`${error.message}\n`);
        resolve();
      });
      child.once('close', () => resolve());
    });
    let wanted = true;
    const stop = async (): Promise<void> => {
      wanted = false;
      await terminate(child, ended);
      this.#running.delete(handle);
    };
    const handle: StackProcess = {
      name: options.name,
      ready: untilReady(options, child, () => output, logFile),
      output: () => output,
      stop,
    };
    this.#running.add(handle);
    void ended.then(() => {
      log.end();
      if (wanted && !this.#stopping) this.onUnexpectedExit(options.name, logFile);
    });
    return handle;
  }

  /** Stops every process, the last started first. */
  async stopAll(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#running].reverse().map((running) => running.stop()));
  }
}

async function untilReady(
  { name, readyUrl, readyOutput, readyTimeoutMs = READY_TIMEOUT_MS }: ProcessOptions,
  child: ChildProcess,
  output: () => string,
  logFile: string,
): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  while (Date.now() < deadline) {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) break;
    const said = readyOutput === undefined || readyOutput.test(output());
    if (said && (readyUrl === undefined || (await answers(readyUrl)))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const tail = output().split('\n').slice(-20).join('\n');
  throw new Error(
    `${name} did not become ready${readyUrl === undefined ? '' : ` at ${readyUrl}`}. The end of ${logFile}:\n${tail}`,
  );
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).status === 200;
  } catch {
    // Not listening yet.
    return false;
  }
}

async function terminate(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  signalGroup(child.pid, 'SIGTERM');
  const killer = setTimeout(() => signalGroup(child.pid!, 'SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(killer);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
