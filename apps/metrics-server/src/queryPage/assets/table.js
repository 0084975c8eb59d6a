import { timeText } from './scale.js';

/**
 * @typedef {{ count: string, sum: string, buckets?: [number, string, string, string][] }} Histogram
 * @typedef {{ metric: Record<string, string>, value?: [number, string], histogram?: [number, Histogram],
 *   values?: [number, string][], histograms?: [number, Histogram][] }} Series
 * @typedef {{ resultType: 'vector' | 'matrix', result: Series[] }} SeriesData
 * @typedef {{ resultType: 'scalar' | 'string', result: [number, string] }} ValueData
 * @typedef {SeriesData | ValueData} QueryData
 */

/** More rows than this make a page slow, and nobody reads them. */
const MOST_ROWS = 2000;
const BRACKETS = ['(]', '[)', '()', '[]'];

/**
 * A table of labels and values; a note when it has been cut.
 * @param {QueryData} data
 * @returns {{ table: HTMLElement, note: string | undefined }}
 */
export function resultTable(data) {
  const series = hasSeries(data) ? data.result : [{ metric: {}, value: data.result }];
  const table = element('table');
  const head = element('tr');
  head.append(element('th', { scope: 'col' }, 'Series'), element('th', { scope: 'col' }, 'Value'));
  const header = element('thead');
  header.append(head);
  const body = element('tbody');
  for (const each of series.slice(0, MOST_ROWS)) {
    const row = element('tr');
    const name = element('td', { class: 'series' });
    name.append(...(hasSeries(data) ? nameOf(each) : [data.resultType]));
    row.append(name, element('td', { class: 'value' }, valueText(each)));
    body.append(row);
  }
  table.append(header, body);
  const note =
    series.length > MOST_ROWS
      ? `The first ${MOST_ROWS} of ${series.length} series are shown. Aggregate, or select fewer.`
      : undefined;
  return { table, note };
}

/**
 * @param {QueryData} data
 * @returns {data is SeriesData}
 */
export function hasSeries(data) {
  return data.resultType === 'vector' || data.resultType === 'matrix';
}

/**
 * The name and the labels of a series as parts of a text, the names of labels in a style of their own.
 * @param {Series} series
 * @returns {(Node | string)[]}
 */
export function nameOf({ metric }) {
  const { __name__: name = '', ...labels } = metric;
  const pairs = Object.entries(labels).flatMap(([label, value], i) => [
    i === 0 ? '' : ', ',
    element('span', { class: 'label' }, label),
    `=${JSON.stringify(value)}`,
  ]);
  return pairs.length === 0 && name !== '' ? [name] : [name, '{', ...pairs, '}'];
}

/**
 * An element with attributes and a text.
 * @param {string} tag
 * @param {Record<string, string>} [attributes]
 * @param {string} [text]
 */
export function element(tag, attributes = {}, text = '') {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

/** @param {Series} series */
function valueText({ value, histogram, values = [], histograms = [] }) {
  if (value !== undefined) return value[1];
  if (histogram !== undefined) return histogramText(histogram[1]);
  const lines = [
    ...values.map(([time, text]) => ({ time, text })),
    ...histograms.map(([time, found]) => ({ time, text: histogramText(found) })),
  ].sort((a, b) => a.time - b.time);
  return lines.map(({ time, text }) => `${text}  @ ${timeText(time)}`).join('\n');
}

/** @param {Histogram} histogram */
function histogramText({ count, sum, buckets = [] }) {
  const lines = buckets.map(([rule, lower, upper, amount]) => {
    const [open, close] = BRACKETS[rule] ?? '(]';
    return `${open}${lower}, ${upper}${close}: ${amount}`;
  });
  return [`count ${count}, sum ${sum}`, ...lines].join('\n');
}
