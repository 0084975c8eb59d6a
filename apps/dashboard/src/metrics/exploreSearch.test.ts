import { expect, test } from 'vitest';
import { parseSearchText, printSearchText } from '../searchText.ts';
import { hiddenOf, panelsOf, printPanels, validateExploreSearch } from './exploreSearch.ts';

test('panels and hidden series survive the address', () => {
  const panels = [
    { expr: 'sum by (code) (rate(a_total{b="c d&e"}[5m]))', view: 'graph' as const },
    { expr: '', view: 'table' as const },
    { expr: 'up', view: 'graph' as const },
  ];
  const text = printSearchText(printPanels({}, panels, new Set(['b', 'a'])));
  const read = validateExploreSearch(parseSearchText(text));
  expect(panelsOf(read)).toEqual(panels);
  expect([...hiddenOf(read)]).toEqual(['a', 'b']);
});

test('a panel that is taken away leaves nothing behind', () => {
  const two = printPanels({}, [
    { expr: 'a', view: 'graph' },
    { expr: 'b', view: 'graph' },
  ]);
  const one = printPanels(two, [{ expr: 'b', view: 'table' }]);
  expect(printSearchText({ ...two, ...one })).toBe('?p0.expr=b');
});

test('an address without panels has an empty one, and foreign parameters are left out', () => {
  expect(panelsOf(validateExploreSearch({ 'p0.nonsense': 'x', 'pX.expr': 'y', hide: ['a'] }))).toEqual([
    { expr: '', view: 'table' },
  ]);
});
