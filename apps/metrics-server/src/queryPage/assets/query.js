import { lineGraph } from './graph.js';
import { otherPanels, parseEnd, parseRange, printState, readState, stepOf } from './state.js';
import { element, hasSeries, resultTable } from './table.js';

/**
 * @typedef {import('./state.js').QueryState} QueryState
 * @typedef {import('./table.js').QueryData} QueryData
 * @typedef {{ status: string, data: QueryData, error?: string, errorType?: string, warnings?: string[],
 *   infos?: string[] }} Answer
 */

const form = /** @type {HTMLFormElement} */ (byId('form'));
const expr = /** @type {HTMLTextAreaElement} */ (byId('expr'));
const range = /** @type {HTMLInputElement} */ (byId('range'));
const end = /** @type {HTMLInputElement} */ (byId('end'));
const tabs = /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('input[type="radio"]'));
const title = document.title;

let step = '';
let underWay = new AbortController();

/** @param {string} id */
function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** @returns {QueryState} */
function formState() {
  const tab = [...tabs].some(({ value, checked }) => value === '0' && checked) ? 'graph' : 'table';
  return { expr: expr.value.trim(), tab, range: range.value.trim(), end: end.value.trim(), step };
}

/** @param {QueryState} state */
function fillForm(state) {
  expr.value = state.expr;
  range.value = state.range;
  end.value = state.end;
  step = state.step;
  for (const tab of tabs) tab.checked = (tab.value === '0') === (state.tab === 'graph');
  fit();
}

/** What the form shows of itself depends on what is in it. */
function fit() {
  const isGraph = formState().tab === 'graph';
  byId('range-field').hidden = !isGraph;
  byId('end-name').textContent = isGraph ? 'End' : 'Time';
  expr.rows = Math.min(12, expr.value.split('\n').length);
}

/** @param {QueryState} state */
function requestOf(state) {
  const now = Date.now() / 1000;
  const at = parseEnd(state.end, now);
  if (state.tab === 'table') {
    return { route: 'query', parameters: { query: state.expr, time: at.toFixed(3) }, range: undefined };
  }
  const seconds = parseRange(state.range);
  const range = { start: at - seconds, end: at, step: stepOf(state.step, seconds) };
  const parameters = {
    query: state.expr,
    start: range.start.toFixed(3),
    end: range.end.toFixed(3),
    step: String(range.step),
  };
  return { route: 'query_range', parameters, range };
}

async function execute() {
  underWay.abort();
  underWay = new AbortController();
  const { signal } = underWay;
  const state = formState();
  document.title = state.expr === '' ? title : `${state.expr} – ${title}`;
  byId('notes').replaceChildren();
  if (state.expr === '') {
    byId('result').replaceChildren();
    byId('summary').textContent = '';
    return;
  }
  const startedMs = performance.now();
  byId('summary').textContent = 'Running…';
  byId('result').setAttribute('aria-busy', 'true');
  try {
    const { route, parameters, range } = requestOf(state);
    const answer = await ask(route, parameters, signal);
    show(answer, range, performance.now() - startedMs);
  } catch (error) {
    if (signal.aborted) return;
    byId('result').replaceChildren();
    byId('summary').textContent = '';
    note(error instanceof Error ? error.message : String(error), 'error');
  }
  byId('result').removeAttribute('aria-busy');
}

/**
 * @param {string} route
 * @param {Record<string, string>} parameters
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
async function ask(route, parameters, signal) {
  const body = new URLSearchParams(parameters);
  const response = await fetch(`api/v1/${route}`, { method: 'POST', body, signal });
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  if (!isJson) throw new Error(`The server answered ${response.status} ${response.statusText}`);
  const answer = /** @type {Answer} */ (await response.json());
  if (answer.status === 'success') return answer;
  throw new Error(`${answer.errorType ?? response.status}: ${answer.error ?? 'the server gave no reason'}`);
}

/**
 * @param {Answer} answer
 * @param {{ start: number, end: number, step: number } | undefined} range
 * @param {number} durationMs
 */
function show({ data, warnings = [], infos = [] }, range, durationMs) {
  for (const text of warnings) note(text, 'warning');
  for (const text of infos) note(text, 'info');
  const count = hasSeries(data) ? data.result.length : 1;
  byId('summary').textContent =
    `${count} series in ${Math.round(durationMs)} ms` + (range === undefined ? '' : `, step ${range.step} s`);
  if (count === 0) {
    const text = 'No data. Nothing matches at this time; check the labels, or whether the targets are up.';
    return byId('result').replaceChildren(element('p', { class: 'empty' }, text));
  }
  if (hasSeries(data) && range !== undefined) {
    const { graph, notes } = lineGraph(data.result, range);
    for (const text of notes) note(text, 'info');
    return byId('result').replaceChildren(graph);
  }
  const { table, note: cut } = resultTable(data);
  if (cut !== undefined) note(cut, 'info');
  byId('result').replaceChildren(table);
}

/**
 * @param {string} text
 * @param {'error' | 'warning' | 'info'} kind
 */
function note(text, kind) {
  const role = kind === 'error' ? 'alert' : 'status';
  byId('notes').append(element('p', { class: `note ${kind}`, role }, text));
}

/** Where the rest of what this server knows can be seen. */
function showDashboard() {
  const url = document.body.dataset['dashboard'] ?? '';
  const link = /** @type {HTMLAnchorElement} */ (byId('dashboard'));
  if (url !== '') {
    link.href = url;
    link.hidden = false;
    return;
  }
  const here = new URL('.', document.baseURI).href.replace(/\/$/, '');
  byId('footer').append(
    'Targets, the metric catalogue and shared graphs are pages of the Binnacle dashboard, started with ',
    element('code', {}, `dashboard.mjs --metrics.url=${here}`),
    '. Name its address in ',
    element('code', {}, '--web.dashboard-url'),
    ' and this page links to it.',
  );
}

function submit() {
  const address = printState(formState());
  if (address !== location.search) history.pushState(null, '', address);
  void execute();
}

function showAddress() {
  fillForm(readState(location.search));
  void execute();
  const others = otherPanels(location.search);
  if (others > 0) note(`This page shows one query; ${others} more of the link are left out.`, 'info');
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  submit();
});
expr.addEventListener('input', fit);
expr.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});
for (const tab of tabs) {
  tab.addEventListener('change', () => {
    fit();
    if (expr.value.trim() !== '') submit();
  });
}
window.addEventListener('popstate', showAddress);
showDashboard();
showAddress();
if (expr.value === '') expr.focus();
