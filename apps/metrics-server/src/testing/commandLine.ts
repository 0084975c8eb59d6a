import { runCommand } from '../cli/run.ts';

/** How a command line ended, and what it wrote. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What the progress bar wrote. */
  readonly progress: string;
}

/** Runs binnacle-metrics in this process. */
export async function runLine(
  argv: readonly string[],
  {
    stdin = '',
    signal = new AbortController().signal,
  }: { stdin?: string | Uint8Array; signal?: AbortSignal } = {},
): Promise<Ran> {
  let [out, err, progress, clock] = ['', '', '', 0];
  const code = await runCommand(argv, {
    stdin: async () => Buffer.from(stdin),
    out: (text) => void (out += `${text}\n`),
    err: (text) => void (err += `${text}\n`),
    progress: {
      isTerminal: false,
      columns: 80,
      write: (text) => void (progress += text),
      // Time flies, so that work in a test is long work.
      now: () => (clock += 60_000),
    },
    signal,
    drained: async () => undefined,
  });
  return { code, out, err, progress };
}
