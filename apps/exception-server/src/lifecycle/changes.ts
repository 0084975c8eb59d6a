import type { Fingerprint } from '../aggregate/fingerprint.ts';
import { statusOf, type Status } from './status.ts';

export type ChangeKind = 'first_seen' | 'regressed' | 'resolved' | 'reopened' | 'muted' | 'unmuted' | 'count';

export interface Change {
  readonly id: string;
  readonly service: string;
  readonly key: string;
  readonly class: string;
  readonly severity: string;
  readonly status: Status;
  readonly kind: ChangeKind;
  /** Occurrences added; 0 for a change of state. */
  readonly added: number;
  readonly version: string;
  readonly at: string;
}

export interface NumberedChange {
  readonly cursor: string;
  readonly change: Change;
}

/**
 * The last changes, in order, for those who follow them. A cursor is good for as long as the change it names
 * is kept and this process runs; after that `since` says so and the follower reads its list anew.
 */
export class ChangeFeed {
  readonly #epoch = Date.now().toString(36);
  readonly #capacity: number;
  readonly #ring: NumberedChange[] = [];
  readonly #listeners = new Set<(change: NumberedChange) => void>();
  #next = 1;

  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  publish(change: Change): void {
    const numbered = { cursor: `${this.#epoch}-${this.#next++}`, change };
    this.#ring.push(numbered);
    if (this.#ring.length > 2 * this.#capacity) this.#ring.splice(0, this.#ring.length - this.#capacity);
    for (const listener of this.#listeners) listener(numbered);
  }

  /** The cursor of the newest change. */
  get cursor(): string {
    return `${this.#epoch}-${this.#next - 1}`;
  }

  /** Changes after `cursor`; undefined when some of them are gone. */
  since(cursor: string): readonly NumberedChange[] | undefined {
    const [epoch, text] = cursor.split('-');
    const number = Number(text);
    if (epoch !== this.#epoch || !Number.isInteger(number) || number < 0 || number >= this.#next)
      return undefined;
    const missing = this.#next - 1 - number;
    const kept = Math.min(this.#ring.length, this.#capacity);
    if (missing > kept) return undefined;
    return missing === 0 ? [] : this.#ring.slice(-missing);
  }

  /** Calls `listener` at each change until the returned function is called. */
  subscribe(listener: (change: NumberedChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }
}

export function changeOf(
  fingerprint: Fingerprint,
  kind: ChangeKind,
  nowMs: number,
  added = 0,
  version = '',
): Change {
  return {
    id: fingerprint.publicId,
    service: fingerprint.service,
    key: fingerprint.key,
    class: fingerprint.class,
    severity: fingerprint.severity,
    status: statusOf(fingerprint, nowMs),
    kind,
    added,
    version,
    at: new Date(nowMs).toISOString(),
  };
}
