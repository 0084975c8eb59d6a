import { hash64 } from './hash.ts';
import type { StablePath } from './stablePath.ts';
import { parseStackFrames, type StackFrame } from './stackFrames.ts';
import { boundedCopy } from './text.ts';

/** A stack text that many occurrences share. */
export interface SharedStack {
  /** The frame lines, bounded. */
  readonly text: string;
  /** Hash of the frames that say where in the application the error arose. Computed when first asked for. */
  readonly fingerprint: () => string;
}

/**
 * Keeps one copy of each stack text that is seen often, with its fingerprint, so that an error of a known site
 * costs one look-up. Holds at most `MAX_STACKS` texts; past that it starts anew.
 */
export class StackInterner {
  readonly #stablePath: StablePath;
  readonly #maxLength: number;
  readonly #stacks = new Map<string, SharedStack>();

  constructor(stablePath: StablePath, maxLength: number) {
    this.#stablePath = stablePath;
    this.#maxLength = maxLength;
  }

  /** `frames` is the part of a stack text after its header line. */
  intern(frames: string): SharedStack {
    const cut = frames.length > this.#maxLength ? boundedCopy(frames, this.#maxLength) : frames;
    const known = this.#stacks.get(cut);
    if (known !== undefined) return known;
    const text = boundedCopy(cut, Infinity);
    let fingerprint: string | undefined;
    const stack: SharedStack = {
      text,
      fingerprint: () => (fingerprint ??= fingerprintOf(parseStackFrames(text, this.#stablePath))),
    };
    if (this.#stacks.size >= MAX_STACKS) this.#stacks.clear();
    this.#stacks.set(text, stack);
    return stack;
  }
}

const MAX_STACKS = 512;

/**
 * Hash over the innermost distinct frames of the application; of its dependencies when the application is not
 * on the stack. Lines do not count, so that edits elsewhere in a file do not split a group, except where an
 * anonymous function is innermost: its line is the only name that the place has.
 */
function fingerprintOf(frames: readonly StackFrame[]): string {
  const inApp = frames.filter((frame) => frame.isInApp);
  const parts = (inApp.length > 0 ? inApp : frames).map(
    ({ file, name, line }, index) => `${file} ${name || (index === 0 ? line : '')}`,
  );
  return hash64([...new Set(parts)].slice(0, GROUPING_FRAMES).join('\n'));
}

const GROUPING_FRAMES = 5;
