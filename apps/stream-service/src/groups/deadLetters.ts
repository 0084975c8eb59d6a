import { partitionOf } from '@binnacle/event-bus';
import type { EventLog } from '../log/eventLog.ts';
import type { StoredEvent } from '../log/storedEvent.ts';

/** Why a consumer group could not handle an event. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
}

/** `dead` waits for a person; `redriven` waits for the group to take it again. */
export type LetterState = 'dead' | 'redriven';

export interface Letter extends Failure {
  readonly offset: number;
  readonly failedAt: string;
  /** The event, while the log holds it. */
  readonly stored?: StoredEvent;
}

/** Letters a group may have; a group whose letters nobody looks at is stopped rather than forgotten. */
const MAX_LETTERS = 100_000;

/** Dead letters of the log's consumer groups: one for each group and offset, in the log's own database. */
export class DeadLetters {
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Keeps a letter; writing it again replaces it. False when the group has too many. */
  async bury(group: string, offset: number, failure: Failure, failedAt: string): Promise<boolean> {
    const letters = this.#log.letters;
    if (letters.getKeysCount({ ...range('dead', group), limit: MAX_LETTERS }) >= MAX_LETTERS) return false;
    await letters.put(['dead', group, offset], { ...failure, failedAt });
    return true;
  }

  /** Letters of a group, the oldest first; of some partitions when they are given. */
  list(group: string, state: LetterState, limit: number, partitions?: readonly number[]): Letter[] {
    const letters: Letter[] = [];
    for (const { key, value } of this.#log.letters.getRange(range(state, group))) {
      if (letters.length === limit) break;
      const offset = key[2];
      const stored = this.#log.get(offset);
      if (partitions !== undefined && !partitions.includes(partitionOfLetter(stored))) continue;
      letters.push({ offset, ...value, ...(stored === undefined ? {} : { stored }) });
    }
    return letters;
  }

  /** Has the group take letters again. Resolves with how many there were. */
  async redrive(group: string, offsets: readonly number[]): Promise<number> {
    const { letters } = this.#log;
    const found = offsets.flatMap((offset) => {
      const value = letters.get(['dead', group, offset]);
      return value === undefined ? [] : [{ offset, value }];
    });
    await letters.batch(() => {
      for (const { offset, value } of found) {
        void letters.remove(['dead', group, offset]);
        void letters.put(['redriven', group, offset], value);
      }
    });
    return found.length;
  }

  async remove(group: string, state: LetterState, offset: number): Promise<void> {
    await this.#log.letters.remove([state, group, offset]);
  }
}

/** A letter whose event the log has forgotten is of the first. */
function partitionOfLetter(stored: StoredEvent | undefined): number {
  return stored === undefined ? 0 : partitionOf(stored.event);
}

function range(state: LetterState, group: string): { start: LetterKey; end: LetterKey } {
  return { start: [state, group, 0], end: [state, group, Number.MAX_SAFE_INTEGER] };
}

/** Where a letter is kept: state, group, offset. */
export type LetterKey = [state: LetterState, group: string, offset: number];
/** What is kept of a letter. */
export type LetterValue = Failure & { readonly failedAt: string };
