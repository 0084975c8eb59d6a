import type { Bytes, Operation, Position, TimelineState } from '../contract.ts';

interface ModelKey {
  readonly operations: Operation[];
  readonly floors: Position[];
}

/** What a store must equal: it remembers every operation and works the answer out from the whole set each time. */
export class Model {
  readonly #capacity: number;
  readonly #keys = new Map<Bytes, ModelKey>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(operations: readonly Operation[]): void {
    for (const operation of operations) this.#of(operation.key).operations.push(operation);
  }

  raiseFloor(key: Bytes, floor: Position): void {
    this.#of(key).floors.push(floor);
  }

  /** The winner of each member, newest first; the newest `capacity` above the floor stay, the next is a floor too. */
  state(key: Bytes): TimelineState {
    const { operations, floors } = this.#of(key);
    const winners = new Map<Bytes, Operation>();
    for (const operation of operations) {
      const current = winners.get(operation.member);
      if (current === undefined || rank(operation) > rank(current)) winners.set(operation.member, operation);
    }
    const ordered = [...winners.values()].sort(newestFirst);
    const [floor] = [...floors, ...ordered.slice(this.#capacity, this.#capacity + 1)].sort(newestFirst);
    const kept = ordered
      .slice(0, this.#capacity)
      .filter((entry) => floor === undefined || newestFirst(entry, floor) < 0);
    const of = (kind: Operation['kind']): Position[] =>
      kept.filter((entry) => entry.kind === kind).map(positionOf);
    const entries = { live: of('insert'), tombstones: of('delete') };
    return floor === undefined ? entries : { ...entries, floor: positionOf(floor) };
  }

  #of(key: Bytes): ModelKey {
    const known = this.#keys.get(key) ?? { operations: [], floors: [] };
    this.#keys.set(key, known);
    return known;
  }
}

/** Scores of the tests are integers, so half a point is what a delete is worth on a tie. */
function rank({ score, kind }: Operation): number {
  return score + (kind === 'delete' ? 0.5 : 0);
}

function newestFirst(a: Position, b: Position): number {
  return (
    b.score - a.score || Buffer.compare(Buffer.from(b.member, 'latin1'), Buffer.from(a.member, 'latin1'))
  );
}

function positionOf({ score, member }: Position): Position {
  return { score, member };
}
