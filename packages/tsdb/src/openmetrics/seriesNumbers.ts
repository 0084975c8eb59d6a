import { Labels } from '@binnacle/model';

/** Numbers series in the order in which they come. One that is written in several ways has one number. */
export class SeriesNumbers {
  readonly #byText = new Map<string, number>();
  readonly #byKey = new Map<string, number>();
  readonly #labels: Labels[] = [];
  readonly #texts = new Map<string, string>();

  /** The number of a series as it is written. `parse` is asked for the labels of a text that is new. */
  of(text: string, parse: (text: string) => Labels): number {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    // The text is a part of a large one, which must not be kept for it.
    const own = Buffer.from(text).toString();
    const parsed = parse(own);
    const labels = new Labels(parsed.names.map(this.#shared), parsed.values.map(this.#shared));
    const key = parsed.key;
    let number = this.#byKey.get(key);
    if (number === undefined) {
      number = this.#labels.push(labels) - 1;
      this.#byKey.set(key, number);
    }
    this.#byText.set(own, number);
    return number;
  }

  /** All series in label order, and the place in it of each number. */
  ordered(): { readonly labels: readonly Labels[]; readonly ranks: Uint32Array } {
    const order = this.#labels
      .map((labels, number) => ({ labels, number }))
      .sort((a, b) => Labels.compare(a.labels, b.labels));
    const ranks = new Uint32Array(order.length);
    for (const [rank, { number }] of order.entries()) ranks[number] = rank;
    return { labels: order.map(({ labels }) => labels), ranks };
  }

  /** Names and values come again and again; one copy of each is kept. */
  readonly #shared = (text: string): string => {
    const known = this.#texts.get(text);
    if (known === undefined) this.#texts.set(text, text);
    return known ?? text;
  };
}
