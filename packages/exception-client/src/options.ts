import { systemClock, type Clock } from './clock.ts';
import { ExceptionClientError } from './errors.ts';
import { DEFAULT_REDACTED_NAMES } from './redact.ts';
import type { StablePath } from './stablePath.ts';

/** Bounds on what one occurrence may hold. Lengths are in UTF-16 units; longer text is cut, with a note. */
export interface Limits {
  /** Default 2048. */
  readonly maxMessageLength: number;
  /** Default 16384, after the header line. */
  readonly maxStackLength: number;
  /** Causes and `AggregateError` members of one occurrence, all together, which bounds their depth too. Default 16. */
  readonly maxNestedErrors: number;
  /** Default 2048. */
  readonly maxUrlLength: number;
  /** Default 4096. */
  readonly maxBodyLength: number;
  /** Headers, and labels, each name cut at 128 and each value at 1024. Default 64 of either. */
  readonly maxFields: number;
  /** Text of all occurrences kept, together. When exceeded, the older half of every key's goes. Default 32 Mi. */
  readonly maxRetainedLength: number;
}

/** What a collector is made from. Only `service` is required. */
export interface CollectorOptions {
  /** Name of the service, as everywhere else in its labels. */
  readonly service: string;
  readonly instance?: string;
  readonly version?: string;
  readonly environment?: string;
  /** Distinct keys counted each on its own. Reports of further keys count under `overflow`. Default 1000. */
  readonly maxKeys?: number;
  /** Occurrences kept for each key, the newest. Default 10; 0 keeps only counts. */
  readonly maxSamplesPerKey?: number;
  readonly limits?: Partial<Limits>;
  /**
   * Names of headers, query parameters and fields whose values are hidden: a string hides the name equal
   * to it, ignoring case, a RegExp every name it finds. Replaces `DEFAULT_REDACTED_NAMES`; an empty list hides nothing.
   */
  readonly redact?: readonly (string | RegExp)[];
  readonly clock?: Clock;
}

/** Options with every default filled in. */
export interface ResolvedOptions {
  readonly identity: Readonly<Record<string, string>>;
  readonly maxKeys: number;
  readonly maxSamplesPerKey: number;
  readonly limits: Limits;
  readonly redact: readonly (string | RegExp)[];
  readonly stablePath: StablePath;
  readonly clock: Clock;
}

/** Checks options and fills in defaults. Throws `EXCEPTION_CLIENT_OPTION_INVALID`. */
export function resolveOptions(options: CollectorOptions, stablePath: StablePath): ResolvedOptions {
  const identity: Record<string, string> = {};
  for (const name of ['service', 'instance', 'version', 'environment'] as const) {
    const value = options[name];
    if (value === undefined && name !== 'service') continue;
    if (typeof value !== 'string' || value === '') throw invalid(name, 'a non-empty string', value);
    identity[name] = value;
  }
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  for (const [name, value] of Object.entries(limits)) atLeast(0, `limits.${name}`, value);
  return {
    identity,
    maxKeys: atLeast(1, 'maxKeys', options.maxKeys ?? 1_000),
    maxSamplesPerKey: atLeast(0, 'maxSamplesPerKey', options.maxSamplesPerKey ?? 10),
    limits,
    redact: options.redact ?? DEFAULT_REDACTED_NAMES,
    stablePath,
    clock: options.clock ?? systemClock,
  };
}

const DEFAULT_LIMITS: Limits = {
  maxMessageLength: 2_048,
  maxStackLength: 16_384,
  maxNestedErrors: 16,
  maxUrlLength: 2_048,
  maxBodyLength: 4_096,
  maxFields: 64,
  maxRetainedLength: 32 * 1024 * 1024,
};

function atLeast(minimum: number, name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < minimum) {
    throw invalid(name, `a whole number of at least ${minimum}`, value);
  }
  return value;
}

function invalid(name: string, expected: string, found: unknown): ExceptionClientError {
  const message = `option ${name}: expected ${expected}, found ${JSON.stringify(found)}`;
  return new ExceptionClientError('EXCEPTION_CLIENT_OPTION_INVALID', message);
}
