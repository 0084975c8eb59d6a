import type { Bytes, Operation, Position, ReadOptions } from '../contract.ts';
import { lowerBound, upperBound } from '../position.ts';
import { namesOf, type KeyLayout } from './keyLayout.ts';
import { packText, readSize, readText, type PackedItems } from './messagePack.ts';
import { bulk, type Arguments } from './resp.ts';

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

/** Operations of a write: for each run of one key the stem of its names, its kinds, then score and member of each. */
export function packOperations(operations: readonly ReplicaOperation[], layout: KeyLayout): PackedItems {
  let items = '';
  let runs = 0;
  for (let from = 0; from < operations.length; runs++) {
    const { key } = operations[from]!;
    let kinds = '';
    let run = '';
    for (; from < operations.length && operations[from]!.key === key; from++) {
      const { kind, score, member } = operations[from]!;
      kinds += kind[0]!;
      run += packText(String(score + 0)) + packText(member);
    }
    items += packText(layout.stem(key)) + packText(kinds) + run;
  }
  return { items, count: 2 * (runs + operations.length) };
}

/** Arguments of a read of these keys from the start of the range; see `read` of the script. */
export function readArguments(
  keys: readonly Bytes[],
  { limit, before, after, from }: ReadOptions,
  layout: KeyLayout,
): Arguments {
  let flags = '';
  for (const key of keys) flags += flagOf(upperBound(before, key)) + flagOf(lowerBound(after, key));
  return keyArguments(keys, layout, [
    String(keys.length),
    String(limit),
    from === 'oldest' ? 'o' : 'n',
    String((before?.score ?? 0) + 0),
    before?.member ?? '',
    String((after?.score ?? 0) + 0),
    after?.member ?? '',
    flags,
  ]);
}

/** Names of keys and some values. */
export function keyArguments(
  keys: readonly Bytes[],
  layout: KeyLayout,
  values: readonly Bytes[] = [],
): Arguments {
  let names = '';
  for (const key of keys) names += namesOf(key, layout).map(bulk).join('');
  return {
    firstName: keys.length === 0 ? '' : `${layout.stem(keys[0]!)}+`,
    names,
    nameCount: NAMES_PER_KEY * keys.length,
    values: values.map(bulk).join(''),
    valueCount: values.length,
  };
}

/** Reads a packed timeline: MessagePack of false or the floor, then of members and scores in turn. */
export function parseWindow(packed: Buffer): Window {
  const text = packed.toString('latin1');
  const floor = readText(text, 0);
  return { entries: readEntries(text, floor?.end ?? 1), floor: floor && parseFloor(floor.value) };
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

function parseFloor(text: string): Position {
  const space = text.indexOf(' ');
  return { score: Number(text.slice(0, space)), member: text.slice(space + 1) };
}

function readEntries(text: string, start: number): Position[] {
  let at = start + 1;
  let count = text.charCodeAt(start) & 0x0f;
  const header = text.charCodeAt(start);
  if (header === 0xdc || header === 0xdd) {
    const size = header === 0xdc ? 2 : 4;
    count = readSize(text, at, size);
    at += size;
  }
  const entries: Position[] = [];
  for (let n = 0; n < count; n += 2) {
    const member = readText(text, at)!;
    const score = readText(text, member.end)!;
    entries.push({ score: Number(score.value), member: member.value });
    at = score.end;
  }
  return entries;
}

function flagOf(bound: { readonly inclusive: boolean } | undefined): string {
  if (bound === undefined) return '-';
  return bound.inclusive ? 'i' : 'x';
}

const NAMES_PER_KEY = 3;
