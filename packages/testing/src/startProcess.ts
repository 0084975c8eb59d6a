import { spawn, type ChildProcess } from 'node:child_process';
import { waitFor } from './waitFor.ts';

export interface StartProcessOptions {
  readonly command: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Ready when this URL answers 200. */
  readonly readyUrl?: string;
  /** Ready when the output matches. */
  readonly readyOutput?: RegExp;
  readonly timeoutMs?: number;
}

/** A real program that a test drives. */
export interface RunningProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Standard output and error so far, together, bounded to the last 256 KiB. */
  output(): string;
  /** SIGTERM, then SIGKILL after five seconds; resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts a program and waits until it is ready. Throws with its output when it ends before that. */
export async function startProcess(options: StartProcessOptions): Promise<RunningProcess> {
  const { command, args = [], cwd, env, readyUrl, readyOutput, timeoutMs = 30_000 } = options;
  const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-256 * 1024);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const ended = (): boolean => failure !== undefined || child.exitCode !== null || child.signalCode !== null;

  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    if (ended()) return child.exitCode;
    child.kill(signal);
    const killer = setTimeout(() => child.kill('SIGKILL'), 5_000);
    const code = await exited;
    clearTimeout(killer);
    return code;
  };

  try {
    await waitFor(
      async () => {
        if (ended()) return true;
        if (readyOutput !== undefined && !readyOutput.test(text)) return false;
        return readyUrl === undefined || (await fetch(readyUrl)).status === 200;
      },
      { timeoutMs, what: `${command} to be ready` },
    );
    if (ended()) throw failure ?? new Error(`${command} ended with code ${child.exitCode}`);
  } catch (error) {
    await stop('SIGKILL');
    throw new Error(`${command} did not start. Its output:\n${text}`, { cause: error });
  }
  return { child, output: () => text, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}
