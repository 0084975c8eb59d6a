/** How a series is drawn: one of eight colours, and a dash from the ninth series on. */
export interface SeriesStyle {
  readonly colour: string;
  readonly slot: number;
  readonly dash: '' | '6 3' | '2 3';
}

const SLOTS = 8;
const DASHES = ['', '6 3', '2 3'] as const;

/**
 * Gives every name a style by the hash of the name, so that it looks the same on every page and after every refresh.
 * The order of the names does not matter. A taken slot moves the series to the next free one; the ninth series and later reuse colours with a dash.
 */
export function seriesStyles(names: readonly string[]): Map<string, SeriesStyle> {
  const styles = new Map<string, SeriesStyle>();
  let taken = new Set<number>();
  for (const name of [...new Set(names)].sort()) {
    if (taken.size === SLOTS) taken = new Set();
    let slot = hashText(name) % SLOTS;
    while (taken.has(slot)) slot = (slot + 1) % SLOTS;
    taken.add(slot);
    const round = Math.min(DASHES.length - 1, Math.floor(styles.size / SLOTS));
    styles.set(name, { colour: `var(--series-${slot + 1})`, slot, dash: DASHES[round]! });
  }
  return styles;
}

/** FNV-1a, 32 bits, over UTF-16 code units. */
export function hashText(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
