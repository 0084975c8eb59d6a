import { bufferOf } from '../bytes.ts';
import type { Bytes, Operation, Position, ReadOptions } from '../contract.ts';
import { lowerBound, upperBound } from '../position.ts';

/** A write as an instance takes it: an operation, or a floor that a repair brings. */
export interface ReplicaOperation extends Position {
  readonly kind: Operation['kind'] | 'floor';
  readonly key: Bytes;
}

/** What one replica has of a range: its live entries newest first, and its floor. */
export interface Window {
  readonly entries: readonly Position[];
  readonly floor: Position | undefined;
}

/** What one replica has of a member. */
export interface ProbedMember {
  readonly score: number;
  readonly deleted: boolean;
}

export type RedisArgument = string | Buffer;

// oxlint-disable-next-line no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

/** Bytes as an argument of a command. ASCII stays a string, which the client writes faster. */
export function argumentOf(bytes: Bytes): RedisArgument {
  return ASCII.test(bytes) ? bytes : bufferOf(bytes);
}

/** Arguments of a write: for each run of one key the kinds of its operations, then score and member of each. */
export function writeArguments(operations: readonly ReplicaOperation[]): {
  keys: Bytes[];
  args: RedisArgument[];
} {
  const keys: Bytes[] = [];
  const args: RedisArgument[] = [];
  let kindsAt = -1;
  let kinds = '';
  for (const { kind, key, score, member } of operations) {
    if (kindsAt < 0 || keys.at(-1) !== key) {
      if (kindsAt >= 0) args[kindsAt] = kinds;
      keys.push(key);
      kindsAt = args.push('') - 1;
      kinds = '';
    }
    kinds += kind[0]!;
    args.push(String(score + 0), argumentOf(member));
  }
  if (kindsAt >= 0) args[kindsAt] = kinds;
  return { keys, args };
}

/** Arguments of a read of these keys from the start of the range; see `read` of the script. */
export function readArguments(
  keys: readonly Bytes[],
  { limit, before, after, from }: ReadOptions,
): RedisArgument[] {
  let flags = '';
  for (const key of keys) flags += flagOf(upperBound(before, key)) + flagOf(lowerBound(after, key));
  return [
    String(keys.length),
    String(limit),
    from === 'oldest' ? 'o' : 'n',
    String((before?.score ?? 0) + 0),
    argumentOf(before?.member ?? ''),
    String((after?.score ?? 0) + 0),
    argumentOf(after?.member ?? ''),
    flags,
  ];
}

/** Reads a packed timeline. */
export function parseWindow(packed: Buffer): Window {
  const text = packed.toString('latin1');
  const floor = text.startsWith('!') ? parseEntries(text, 1, 1) : undefined;
  const { entries } = parseEntries(text, floor?.end ?? 1, Infinity);
  return { entries, floor: floor?.entries[0] };
}

/** Reads packed entries without a floor. */
export function parsePackedEntries(packed: Buffer): Position[] {
  return parseEntries(packed.toString('latin1'), 0, Infinity).entries;
}

/** Reads what a probe tells of members, in the order asked. */
export function parseProbe(packed: Buffer, count: number): (ProbedMember | undefined)[] {
  if (count === 0) return [];
  return packed
    .toString('latin1')
    .split(' ')
    .map((text) =>
      text === '.' ? undefined : { score: Number(text.slice(1)), deleted: text.startsWith('-') },
    );
}

function parseEntries(text: string, start: number, limit: number): { entries: Position[]; end: number } {
  const entries: Position[] = [];
  let at = start;
  while (at < text.length && entries.length < limit) {
    const scoreEnd = text.indexOf(' ', at);
    const lengthEnd = text.indexOf(' ', scoreEnd + 1);
    const end = lengthEnd + 1 + Number(text.slice(scoreEnd + 1, lengthEnd));
    entries.push({ score: Number(text.slice(at, scoreEnd)), member: text.slice(lengthEnd + 1, end) });
    at = end;
  }
  return { entries, end: at };
}

function flagOf(bound: { readonly inclusive: boolean } | undefined): string {
  if (bound === undefined) return '-';
  return bound.inclusive ? 'i' : 'x';
}
