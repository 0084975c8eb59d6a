/** A key, or a chord of two keys typed within a second: `j`, `?`, `R` (Shift), `ArrowLeft`, `g x`. */
export interface Shortcut {
  readonly keys: string;
  readonly label: string;
  readonly run: () => void;
}

/** The first key of a chord was typed; these may follow. */
export interface PendingChord {
  readonly prefix: string;
  readonly next: readonly Shortcut[];
}

const CHORD_MS = 1000;

/** Knows the shortcuts of what is on the screen. Later registrations win, so a dialog may take over a page's key. */
export class ShortcutRegistry {
  #lists: (readonly Shortcut[])[] = [];
  #pending: PendingChord | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();

  /** Adds shortcuts; the answer takes them away again. */
  register(list: readonly Shortcut[]): () => void {
    this.#lists.push(list);
    return () => {
      this.#lists = this.#lists.filter((other) => other !== list);
    };
  }

  /** Every shortcut in force, the first registered first. */
  active(): Shortcut[] {
    return [...new Map(this.#lists.flat().map((shortcut) => [shortcut.keys, shortcut])).values()];
  }

  pending(): PendingChord | null {
    return this.#pending;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Handles one key; true when it meant something. */
  press(key: string): boolean {
    const all = this.active();
    const prefix = this.#pending?.prefix;
    if (prefix !== undefined) {
      this.#wait(null);
      const chord = all.find((shortcut) => shortcut.keys === `${prefix} ${key}`);
      chord?.run();
      return chord !== undefined;
    }
    const next = all.filter((shortcut) => shortcut.keys.startsWith(`${key} `));
    if (next.length > 0) {
      this.#wait({ prefix: key, next });
      return true;
    }
    const single = all.find((shortcut) => shortcut.keys === key);
    single?.run();
    return single !== undefined;
  }

  #wait(pending: PendingChord | null): void {
    clearTimeout(this.#timer);
    this.#pending = pending;
    if (pending !== null) this.#timer = setTimeout(() => this.#wait(null), CHORD_MS);
    for (const listener of this.#listeners) listener();
  }
}

export const shortcuts = new ShortcutRegistry();
