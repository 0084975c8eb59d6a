import { hashText } from '../charts/seriesColours.ts';

export type PanelView = 'graph' | 'table';

/** One query of the page, as it stands in the address. */
export interface PanelSearch {
  readonly expr: string;
  readonly view: PanelView;
}

/** Parameters of the page: `p0.expr`, `p0.view`, `p1.expr` … and `hide`, the hashes of the hidden series. */
export type ExploreSearch = { readonly [name: `p${number}.${'expr' | 'view'}`]: string | undefined } & {
  readonly hide?: string | undefined;
};

/** More panels than this would ask more of the server than a page should. */
export const MOST_PANELS = 12;

const PARAMETER = /^p(\d{1,2})\.(expr|view)$/;

/** Keeps what belongs to the page. */
export function validateExploreSearch(search: Record<string, unknown>): ExploreSearch {
  const kept = Object.entries(search).filter(
    ([name, value]) => typeof value === 'string' && (name === 'hide' || PARAMETER.test(name)),
  );
  return Object.fromEntries(kept) as ExploreSearch;
}

/** The panels of an address, in order; one empty panel where it has none. A panel shows its table unless told. */
export function panelsOf(search: ExploreSearch): readonly PanelSearch[] {
  const numbers = Object.keys(search)
    .map((name) => PARAMETER.exec(name)?.[1])
    .filter((number) => number !== undefined)
    .map(Number);
  const sorted = [...new Set(numbers)].sort((a, b) => a - b).slice(0, MOST_PANELS);
  const panels = sorted.map((number) => ({
    expr: search[`p${number}.expr`] ?? '',
    view: search[`p${number}.view`] === 'graph' ? ('graph' as const) : ('table' as const),
  }));
  return panels.length === 0 ? [{ expr: '', view: 'table' }] : panels;
}

/** The parameters of panels and hidden series, for an address that had `before`. */
export function printPanels(
  before: ExploreSearch,
  panels: readonly PanelSearch[],
  hidden: ReadonlySet<string> = hiddenOf(before),
): ExploreSearch {
  const cleared = Object.fromEntries(
    Object.keys(before)
      .filter((name) => PARAMETER.test(name))
      .map((name) => [name, undefined]),
  );
  const printed = panels.flatMap(({ expr, view }, index) => [
    [`p${index}.expr`, expr],
    [`p${index}.view`, view === 'graph' ? 'graph' : undefined],
  ]);
  return {
    ...cleared,
    ...Object.fromEntries(printed),
    hide: hidden.size === 0 ? undefined : [...hidden].sort().join(','),
  } as ExploreSearch;
}

export function hiddenOf({ hide = '' }: ExploreSearch): ReadonlySet<string> {
  return new Set(hide.split(',').filter((hash) => hash !== ''));
}

/** The short name of a series in `hide`. */
export function seriesHash(name: string): string {
  return hashText(name).toString(36);
}
