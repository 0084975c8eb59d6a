import { DurationError, parseDuration } from '@binnacle/model';
import type { Progress } from './progress.ts';

/** What a command works with. */
export interface CommandContext {
  readonly args: readonly string[];
  /** Values of the options that were given; a switch has the value `true`. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  /** Machine-readable output. */
  readonly json: boolean;
  readonly stdin: () => Promise<Uint8Array>;
  /** Writes a line, or with --json the value. */
  readonly print: (text: string, value?: unknown) => void;
  /** Shows on the standard error how far long work is. `total` in `unit`s; 0 when it is not known. */
  readonly progress: (what: string, total: number, unit: string) => Progress;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** To be awaited now and then in long work: lets output flow off, and throws when the work was cancelled. */
  readonly breathe: () => Promise<void>;
}

export interface CommandOption {
  /** What the value is, as in `<duration>`; a switch has none. */
  readonly value?: string;
  readonly help: string;
}

/** Resolves with the exit code. */
export interface Command {
  /** As in `check config`. */
  readonly name: string;
  /** The arguments: `<file>…`. */
  readonly usage: string;
  readonly help: string;
  readonly options?: Readonly<Record<string, CommandOption>>;
  /** More arguments than these are a mistake. Default: any number. */
  readonly maxArgs?: number;
  run(context: CommandContext): Promise<number>;
}

/** The command line is not as the command wants it: exit code 2. */
export class CommandUsageError extends Error {}

/** The n-th argument. Throws CommandUsageError. */
export function argument({ args }: CommandContext, index: number, what: string): string {
  const value = args[index];
  if (value === undefined) throw new CommandUsageError(`expected ${what}, found nothing`);
  return value;
}

export function option({ options }: CommandContext, name: string): string | undefined {
  return options.get(name)?.at(-1);
}

/** A whole number. Throws CommandUsageError. */
export function wholeOption(
  context: CommandContext,
  name: string,
  otherwise: number,
  min = -Number.MAX_SAFE_INTEGER,
): number {
  const text = option(context, name);
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (/^[+-]?\d+$/.test(text) && number >= min) return number;
  const least = min > -Number.MAX_SAFE_INTEGER ? ` from ${min}` : '';
  throw new CommandUsageError(`--${name}: expected a whole number${least}, found ${JSON.stringify(text)}`);
}

/** A duration such as 30s, or a number of seconds; the result is in seconds. Throws CommandUsageError. */
export function secondsOption(context: CommandContext, name: string, otherwise: number): number {
  const text = option(context, name);
  if (text === undefined) return otherwise;
  if (/^\d+(?:\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  try {
    const milliseconds = parseDuration(text);
    if (milliseconds > 0) return milliseconds / 1000;
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
  }
  throw new CommandUsageError(`--${name}: expected a duration such as 30s, found ${JSON.stringify(text)}`);
}

/** A time as Unix seconds or RFC 3339, in seconds. Throws CommandUsageError. */
export function timeOption(context: CommandContext, name: string): number | undefined {
  const text = option(context, name);
  if (text === undefined) return undefined;
  const seconds = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1000;
  if (Number.isFinite(seconds)) return seconds;
  throw new CommandUsageError(
    `--${name}: expected Unix seconds or a time such as 2026-01-31T12:00:00Z, found ${JSON.stringify(text)}`,
  );
}
