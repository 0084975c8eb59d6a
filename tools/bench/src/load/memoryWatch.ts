import { residentBytes } from '../processStats.ts';

const LOOK_MS = 1000;

/** Looks at a process's resident memory every second. */
export class MemoryWatch {
  readonly #pid: () => number;
  readonly #timer: NodeJS.Timeout;
  readonly #seen: number[] = [];
  peakBytes = 0;

  constructor(pid: () => number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  get nowBytes(): number {
    return this.#seen.at(-1) ?? NaN;
  }

  medianOfLast(count: number): number {
    const last = this.#seen.slice(-count).sort((a, b) => a - b);
    return last[last.length >> 1] ?? NaN;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    let bytes: number;
    try {
      bytes = residentBytes(this.#pid());
    } catch {
      return; // Killed, and not yet started again.
    }
    if (!Number.isFinite(bytes)) return;
    this.#seen.push(bytes);
    this.peakBytes = Math.max(this.peakBytes, bytes);
  }
}
