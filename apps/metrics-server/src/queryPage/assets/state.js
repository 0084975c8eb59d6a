/**
 * What the page shows. `end` is a time in UTC, `2026-01-31 12:00:00`, or empty for now; `step` is in seconds, or empty.
 * @typedef {{ expr: string, tab: 'table' | 'graph', range: string, end: string, step: string }} QueryState
 */

export const DEFAULT_RANGE = '1h';

/** Points of a graph when the address does not name a step. */
const POINTS = 250;
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const SECONDS = [31_536_000, 604_800, 86_400, 3600, 60, 1, 0.001];

/**
 * Reads the parameters that Prometheus's links have, of one panel. Without a tab it is the table, as there.
 * @param {string} search
 * @param {number} [panel]
 * @returns {QueryState}
 */
export function readState(search, panel = 0) {
  const parameters = new URLSearchParams(search);
  /** @param {string} name */
  const get = (name) => parameters.get(`g${panel}.${name}`)?.trim() ?? '';
  const tab = ['0', 'graph'].includes(get('tab')) ? 'graph' : 'table';
  const moment = get('moment_input');
  return {
    expr: get('expr'),
    tab,
    range: get('range_input') || DEFAULT_RANGE,
    end: tab === 'table' && moment !== '' ? moment : get('end_input'),
    step: get('step_input'),
  };
}

/**
 * The parameters of an address that shows the same again, here and in Prometheus.
 * @param {QueryState} state
 */
export function printState({ expr, tab, range, end, step }) {
  const parameters = new URLSearchParams({ 'g0.expr': expr, 'g0.tab': tab === 'graph' ? '0' : '1' });
  if (tab === 'graph') parameters.set('g0.range_input', range);
  if (end !== '') parameters.set('g0.end_input', end);
  if (end !== '' && tab === 'table') parameters.set('g0.moment_input', end);
  if (step !== '') parameters.set('g0.step_input', step);
  return `?${parameters}`;
}

/**
 * How many panels an address has beside the first one.
 * @param {string} search
 */
export function otherPanels(search) {
  return [...new URLSearchParams(search).keys()].filter((name) => /^g[1-9]\d*\.expr$/.test(name)).length;
}

/**
 * Seconds of a duration such as `1h30m`. Throws with what was expected.
 * @param {string} text
 */
export function parseRange(text) {
  const parts = DURATION.exec(text)?.slice(1) ?? [];
  const seconds = parts.reduce((sum, part, i) => sum + Number(part ?? 0) * (SECONDS[i] ?? 0), 0);
  if (seconds > 0) return seconds;
  throw new Error(`Range: expected a duration such as 30m or 1d12h, found "${text}"`);
}

/**
 * Seconds since the epoch of a time in UTC, or `whenEmpty`. Throws with what was expected.
 * @param {string} text
 * @param {number} whenEmpty
 */
export function parseEnd(text, whenEmpty) {
  if (text === '' || text === 'now') return whenEmpty;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const isBare = /^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?$/.test(text);
  const time = isBare ? `${text.replace(' ', 'T')}${text.length > 10 ? '' : 'T00:00'}Z` : text;
  const timeMs = isBare || /^\d{4}-.*(Z|[+-]\d\d:\d\d)$/.test(time) ? Date.parse(time) : NaN;
  if (!Number.isNaN(timeMs)) return timeMs / 1000;
  throw new Error(`Time: expected a time such as 2026-01-31 12:00:00 in UTC, found "${text}"`);
}

/**
 * The step of a graph in seconds.
 * @param {string} step
 * @param {number} rangeSeconds
 */
export function stepOf(step, rangeSeconds) {
  return Number(step) > 0 ? Number(step) : Math.max(Math.floor(rangeSeconds / POINTS), 1);
}
