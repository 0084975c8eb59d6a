import type { Bytes } from '../contract.ts';

/** Items of a batch that one instance of a cluster is responsible for, few enough for one call. */
export class BatchPart<Item, Encoded> {
  /** Which instance of its cluster. */
  readonly instance: number;
  readonly items: readonly Item[];
  /** Places of the items in the batch. */
  readonly indexes: readonly number[];
  #encoded: Encoded | undefined;

  constructor(instance: number, items: readonly Item[], indexes: readonly number[]) {
    this.instance = instance;
    this.items = items;
    this.indexes = indexes;
  }

  /** The items as Redis gets them, worked out once for all clusters. */
  encoded(encode: (items: readonly Item[]) => Encoded): Encoded {
    return (this.#encoded ??= encode(this.items));
  }
}

/** Items of one request to a farm. Clusters of as many instances share the work of spreading and encoding them. */
export class Batch<Item, Encoded> {
  readonly items: readonly Item[];
  readonly #keyOf: (item: Item) => Bytes;
  readonly #hash: (key: Bytes) => number;
  readonly #maxPartSize: number;
  readonly #parts = new Map<number, BatchPart<Item, Encoded>[]>();

  constructor(
    items: readonly Item[],
    options: { keyOf: (item: Item) => Bytes; hash: (key: Bytes) => number; maxPartSize: number },
  ) {
    this.items = items;
    this.#keyOf = options.keyOf;
    this.#hash = options.hash;
    this.#maxPartSize = options.maxPartSize;
  }

  /** The parts for a cluster of so many instances. */
  partsFor(instances: number): readonly BatchPart<Item, Encoded>[] {
    let parts = this.#parts.get(instances);
    if (parts === undefined) this.#parts.set(instances, (parts = this.#split(instances)));
    return parts;
  }

  #split(instances: number): BatchPart<Item, Encoded>[] {
    const groups = Array.from({ length: instances }, (): number[] => []);
    this.items.forEach((item, index) => {
      const group = instances === 1 ? 0 : this.#hash(this.#keyOf(item)) % instances;
      groups[group]!.push(index);
    });
    return groups.flatMap((indexes, instance) => {
      const parts: BatchPart<Item, Encoded>[] = [];
      for (let at = 0; at < indexes.length; at += this.#maxPartSize) {
        const some = indexes.slice(at, at + this.#maxPartSize);
        const items = some.map((index) => this.items[index]!);
        parts.push(new BatchPart(instance, items, some));
      }
      return parts;
    });
  }
}
