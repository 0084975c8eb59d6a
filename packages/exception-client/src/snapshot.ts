import type { PeriskopError } from './exportFormat.ts';
import type { SharedStack, StackInterner } from './grouping.ts';
import type { Limits } from './options.ts';
import { describeValue } from './describeValue.ts';
import type { Redactor } from './redact.ts';
import { readSafely, readString } from './readSafely.ts';
import { boundedText } from './text.ts';

/** What is kept of a thrown value: bounded, and independent of the value from then on. */
export interface Snapshot {
  readonly className: string;
  readonly message: string;
  readonly stack: SharedStack;
  readonly cause: Snapshot | null;
  /** Members of an `AggregateError`. */
  readonly errors: readonly Snapshot[] | undefined;
}

/** Takes snapshots of whatever was thrown: errors, objects that look like errors, and any other value. */
export class SnapshotTaker {
  readonly #stacks: StackInterner;
  readonly #limits: Limits;
  readonly #redactor: Redactor;

  constructor(stacks: StackInterner, limits: Limits, redactor: Redactor) {
    this.#stacks = stacks;
    this.#limits = limits;
    this.#redactor = redactor;
  }

  /** `callSite` gives the stack of the report, for values that have none. Never throws. */
  take(thrown: unknown, callSite: () => string | undefined): Snapshot {
    try {
      return this.#take(thrown, callSite, 0, { left: this.#limits.maxNestedErrors, seen: undefined });
    } catch {
      return this.#note('unreadable', '[the thrown value cannot be read]');
    }
  }

  #take(thrown: unknown, callSite: () => string | undefined, depth: number, nesting: Nesting): Snapshot {
    const { maxMessageLength } = this.#limits;
    const isObject = typeof thrown === 'object' && thrown !== null;
    const name = isObject ? classNameOf(thrown) : thrown === null ? 'null' : typeof thrown;
    const ownMessage = isObject ? readString(thrown, 'message') : undefined;
    const stack = isObject ? readString(thrown, 'stack') : undefined;
    const frames =
      stack === undefined ? withoutHeader(callSite() ?? '', '') : withoutHeader(stack, ownMessage ?? '');
    return {
      className: name,
      message: boundedText(
        ownMessage ?? describeValue(thrown, maxMessageLength, this.#redactor),
        maxMessageLength,
      ),
      stack: this.#stacks.intern(frames),
      cause: isObject ? this.#takeCause(thrown, depth, nesting) : null,
      errors: isObject ? this.#takeErrors(thrown, depth, nesting) : undefined,
    };
  }

  #takeCause(thrown: object, depth: number, nesting: Nesting): Snapshot | null {
    const cause = readSafely(thrown, 'cause');
    return cause === undefined || cause === null ? null : this.#takeNested(thrown, cause, depth, nesting);
  }

  #takeErrors(thrown: object, depth: number, nesting: Nesting): Snapshot[] | undefined {
    const errors = readSafely(thrown, 'errors');
    if (!Array.isArray(errors) || !isError(thrown)) return undefined;
    const taken: Snapshot[] = [];
    for (let index = 0; index < errors.length; index++) {
      if (nesting.left <= 0) {
        taken.push(this.#note('…', `[${errors.length - index} more errors]`));
        break;
      }
      taken.push(this.#takeNested(thrown, readSafely(errors, index), depth, nesting));
    }
    return taken;
  }

  #takeNested(parent: object, nested: unknown, depth: number, nesting: Nesting): Snapshot {
    if (depth >= this.#limits.maxCauseDepth || nesting.left <= 0) {
      return this.#note('…', '[deeper errors are left out]');
    }
    nesting.left--;
    nesting.seen ??= new Set();
    nesting.seen.add(parent);
    if (nesting.seen.has(nested)) {
      return this.#note(classNameOf(nested as object), '[circular: this error is shown further up]');
    }
    return this.#take(nested, () => undefined, depth + 1, nesting);
  }

  #note(className: string, message: string): Snapshot {
    return { className, message, stack: this.#stacks.intern(''), cause: null, errors: undefined };
  }
}

/** Budget of one occurrence's causes and members, and the errors on the way that were already taken. */
interface Nesting {
  left: number;
  seen: Set<unknown> | undefined;
}

/** Text that a snapshot holds, in UTF-16 units. */
export function lengthOf(snapshot: Snapshot): number {
  let length = snapshot.className.length + snapshot.message.length + snapshot.stack.text.length + 64;
  if (snapshot.cause !== null) length += lengthOf(snapshot.cause);
  for (const member of snapshot.errors ?? []) length += lengthOf(member);
  return length;
}

/** Where an error arose; one without frames of its own (`Promise.any`'s) arose where its first member did. */
export function fingerprintOf(snapshot: Snapshot): string {
  let current: Snapshot = snapshot;
  while (current.stack.text === '') {
    const nested: Snapshot | null | undefined = current.errors?.[0] ?? current.cause;
    if (nested === null || nested === undefined) break;
    current = nested;
  }
  return current.stack.fingerprint();
}

/** A snapshot in the format of the export. */
export function exportSnapshot(snapshot: Snapshot, maxStackFrames: number): PeriskopError {
  const lines = snapshot.stack.text === '' ? [] : snapshot.stack.text.split('\n');
  const stacktrace = lines.slice(0, maxStackFrames).map((line) => line.trim());
  if (lines.length > maxStackFrames) stacktrace.push(`… [${lines.length - maxStackFrames} more frames]`);
  return {
    class: snapshot.className,
    message: snapshot.message,
    stacktrace,
    cause: snapshot.cause === null ? null : exportSnapshot(snapshot.cause, maxStackFrames),
    ...(snapshot.errors !== undefined && {
      errors: snapshot.errors.map((member) => exportSnapshot(member, maxStackFrames)),
    }),
  };
}

const BUILT_IN =
  /^(?:Error|TypeError|RangeError|SyntaxError|ReferenceError|EvalError|URIError|AggregateError)$/;

/** A class that sets its own `name` is called by it; one that inherits a built-in name, by its constructor. */
function classNameOf(thrown: object): string {
  const name = isError(thrown) ? readString(thrown, 'name') : undefined;
  if (name !== undefined && name !== '' && !BUILT_IN.test(name)) return boundedText(name, MAX_CLASS_LENGTH);
  const constructorName = readString(readSafely(thrown, 'constructor'), 'name');
  return boundedText(constructorName || name || 'Object', MAX_CLASS_LENGTH);
}

const MAX_CLASS_LENGTH = 200;

/** By what it has, not by `instanceof`: an error may come from another realm (an iframe, a vm context). */
function isError(thrown: object): boolean {
  return readString(thrown, 'stack') !== undefined || readString(thrown, 'message') !== undefined;
}

/**
 * The frame lines of a stack. V8 begins with `Name: message`, and the message may run over many lines and even
 * look like frames, so it is cut off by what it is, not by what it looks like.
 */
function withoutHeader(stack: string, message: string): string {
  let end = headerEnd(stack, message);
  if (stack.charCodeAt(end) === NEWLINE) end++;
  return stack.slice(end);
}

function headerEnd(stack: string, message: string): number {
  const found = message === '' ? -1 : stack.indexOf(message);
  const end = found + message.length;
  const isWholeLine = end >= stack.length || stack.charCodeAt(end) === NEWLINE;
  if (found !== -1 && isWholeLine && (found === 0 || stack.startsWith(': ', found - 2))) return end;
  // No message, or one that changed after the stack was made.
  if (/^(?: {4}at |[^\n]*@[^\n]*:\d|\S+:\d+:\d+(?:\n|$))/.test(stack)) return 0;
  const firstFrame = stack.indexOf('\n    at ');
  return firstFrame === -1 ? stack.length : firstFrame;
}

const NEWLINE = 10;
