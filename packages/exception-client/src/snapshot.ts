import type { PeriskopError } from './exportFormat.ts';
import type { SharedStack, StackInterner } from './grouping.ts';
import type { Limits } from './options.ts';
import { describeValue } from './describeValue.ts';
import type { Redactor } from './redact.ts';
import { readSafely, readString } from './readSafely.ts';
import { boundedCopy, boundedText } from './text.ts';

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
      return this.#take(thrown, callSite, { left: this.#limits.maxNestedErrors, seen: undefined });
    } catch {
      return this.#note('unreadable', '[unreadable]');
    }
  }

  #take(thrown: unknown, callSite: () => string | undefined, nesting: Nesting): Snapshot {
    const { maxMessageLength } = this.#limits;
    const isObject = typeof thrown === 'object' && thrown !== null;
    const ownMessage = isObject ? readString(thrown, 'message') : undefined;
    const stack = isObject ? readString(thrown, 'stack') : undefined;
    // By what it has, not by instanceof: an error may come from another realm (an iframe, a vm context).
    const isError = ownMessage !== undefined || stack !== undefined;
    const cause = isObject ? readSafely(thrown, 'cause') : null;
    const frames =
      stack === undefined ? withoutHeader(callSite() ?? '', '') : withoutHeader(stack, ownMessage ?? '');
    return {
      className: isObject ? classNameOf(thrown, isError) : thrown === null ? 'null' : typeof thrown,
      message: boundedCopy(ownMessage ?? describeValue(thrown, this.#redactor), maxMessageLength),
      stack: this.#stacks.intern(frames),
      cause: cause === undefined || cause === null ? null : this.#takeNested(thrown, cause, nesting),
      errors: isError ? this.#takeErrors(thrown, nesting) : undefined,
    };
  }

  #takeErrors(thrown: unknown, nesting: Nesting): Snapshot[] | undefined {
    const errors = readSafely(thrown, 'errors');
    if (!Array.isArray(errors)) return undefined;
    const taken: Snapshot[] = [];
    for (let index = 0; index < errors.length; index++) {
      if (nesting.left <= 0) {
        taken.push(this.#note('…', `[${errors.length - index} more errors]`));
        break;
      }
      taken.push(this.#takeNested(thrown, readSafely(errors, index), nesting));
    }
    return taken;
  }

  #takeNested(parent: unknown, nested: unknown, nesting: Nesting): Snapshot {
    if (nesting.left <= 0) {
      return this.#note('…', '[deeper errors left out]');
    }
    nesting.left--;
    nesting.seen ??= new Set();
    nesting.seen.add(parent);
    if (nesting.seen.has(nested)) {
      return this.#note(classNameOf(nested as object, true), '[circular]');
    }
    return this.#take(nested, () => undefined, nesting);
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
export function exportSnapshot({ className, message, stack, cause, errors }: Snapshot): PeriskopError {
  return {
    class: className,
    message,
    stacktrace: stack.text === '' ? [] : stack.text.split('\n').map((line) => line.trim()),
    cause: cause && exportSnapshot(cause),
    ...(errors && { errors: errors.map(exportSnapshot) }),
  };
}

const BUILT_IN = /^(?:Type|Range|Syntax|Reference|Eval|URI|Aggregate)?Error$/;

/** A class that sets its own `name` is called by it; one that inherits a built-in name, by its constructor. */
function classNameOf(thrown: object, isError: boolean): string {
  const name = isError ? readString(thrown, 'name') : undefined;
  if (name !== undefined && name !== '' && !BUILT_IN.test(name)) return boundedText(name, MAX_CLASS_LENGTH);
  const constructorName = readString(readSafely(thrown, 'constructor'), 'name');
  return boundedText(constructorName || name || 'Object', MAX_CLASS_LENGTH);
}

const MAX_CLASS_LENGTH = 200;

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
