/** What a command works with. */
export interface CommandContext {
  readonly args: readonly string[];
  readonly options: ReadonlyMap<string, string>;
  /** Machine-readable output. */
  readonly json: boolean;
  readonly stdin: () => Promise<Uint8Array>;
  /** Writes a line, or with --json the value. */
  readonly print: (text: string, value?: unknown) => void;
}

/** Resolves with the exit code. */
export interface Command {
  /** As in `check config`. */
  readonly name: string;
  /** What stands behind the name: `<file>…`. */
  readonly usage: string;
  readonly help: string;
  run(context: CommandContext): Promise<number>;
}

/** The command line is not as the command wants it: exit code 2. */
export class CommandUsageError extends Error {}

/** The n-th argument. Throws CommandUsageError. */
export function argument({ args }: CommandContext, index: number, what: string): string {
  const value = args[index];
  if (value === undefined) throw new CommandUsageError(`expected ${what}`);
  return value;
}
