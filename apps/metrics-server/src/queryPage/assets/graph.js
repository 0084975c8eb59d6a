import { axisTime, shortNumber, timeText, timeTicks, valueTicks } from './scale.js';
import { element, nameOf } from './table.js';

/**
 * @typedef {import('./table.js').Series} Series
 * @typedef {{ start: number, end: number, step: number }} Range in seconds
 * @typedef {{ series: Series, times: number[], values: number[], colour: string }} Line
 */

/** Series in one graph. More lines than this cannot be told apart. */
const MOST_LINES = 40;
const COLOURS = 8;
const HEIGHT = 320;
const MARGIN = { left: 64, right: 12, top: 8, bottom: 24 };

/**
 * Lines over time, with a legend that has the values under the pointer. Says what it leaves out.
 * @param {readonly Series[]} result
 * @param {Range} range
 * @returns {{ graph: HTMLElement, notes: string[] }}
 */
export function lineGraph(result, range) {
  const drawn = result.filter(({ values = [] }) => values.length > 0);
  const lines = drawn.slice(0, MOST_LINES).map((series, i) => lineOf(series, i));
  const graph = element('div', { class: 'graph' });
  const plot = element('div', { class: 'plot' });
  const { legend, show } = legendOf(lines);
  graph.append(plot, legend);
  // A cursor is an index into the times of the grid of steps.
  /** @type {number | undefined} */
  let cursor;
  const draw = () => {
    const svg = plotSvg(lines, range, plot.clientWidth, cursor);
    plot.replaceChildren(svg);
    show(cursor === undefined ? undefined : range.start + cursor * range.step);
  };
  draw();
  new ResizeObserver(draw).observe(plot);
  plot.tabIndex = 0;
  plot.setAttribute('role', 'img');
  plot.setAttribute('aria-label', `Graph of ${lines.length} series; the legend has their values`);
  const steps = Math.round((range.end - range.start) / range.step);
  /** @param {number | undefined} to */
  const move = (to) => {
    const next = to === undefined ? undefined : Math.max(0, Math.min(steps, to));
    if (next === cursor) return;
    cursor = next;
    draw();
  };
  plot.addEventListener('pointermove', ({ clientX }) => {
    const width = plot.clientWidth - MARGIN.left - MARGIN.right;
    move(Math.round(((clientX - plot.getBoundingClientRect().left - MARGIN.left) / width) * steps));
  });
  plot.addEventListener('pointerleave', () => move(undefined));
  plot.addEventListener('keydown', ({ key }) => {
    if (key === 'ArrowLeft') move((cursor ?? steps + 1) - 1);
    else if (key === 'ArrowRight') move((cursor ?? -1) + 1);
    else if (key === 'Escape') move(undefined);
  });
  return { graph, notes: notesOf(result, drawn) };
}

/**
 * @param {readonly Series[]} result
 * @param {readonly Series[]} drawn
 */
function notesOf(result, drawn) {
  const notes = [];
  if (drawn.length > MOST_LINES) {
    notes.push(`The first ${MOST_LINES} of ${drawn.length} series are drawn. Aggregate, or select fewer.`);
  }
  if (result.length > drawn.length) {
    notes.push(`${result.length - drawn.length} series have histograms only, which the table shows.`);
  }
  return notes;
}

/**
 * @param {Series} series
 * @param {number} index
 * @returns {Line}
 */
function lineOf(series, index) {
  const points = series.values ?? [];
  return {
    series,
    times: points.map(([time]) => time),
    values: points.map(([, text]) => Number(text.replace('Inf', 'Infinity'))),
    colour: `c${(index % COLOURS) + 1}`,
  };
}

/**
 * @param {readonly Line[]} lines
 * @param {Range} range
 * @param {number} width
 * @param {number | undefined} cursor
 */
function plotSvg(lines, range, width, cursor) {
  const { start, end, step } = range;
  const span = end - start;
  const { min, max } = bounds(lines);
  const right = Math.max(width, 200) - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  /** @param {number} time */
  const x = (time) => MARGIN.left + ((time - start) / span) * (right - MARGIN.left);
  /** @param {number} value */
  const y = (value) => bottom - ((value - min) / (max - min)) * (bottom - MARGIN.top);
  const svg = shape('svg', { width: right + MARGIN.right, height: HEIGHT });
  for (const tick of valueTicks(min, max, 5)) {
    svg.append(shape('path', { class: 'grid', d: `M${MARGIN.left} ${y(tick).toFixed(1)}H${right}` }));
    svg.append(shape('text', { x: MARGIN.left - 8, y: y(tick) + 4, class: 'left' }, shortNumber(tick)));
  }
  for (const tick of timeTicks(start, end, Math.max(2, Math.floor(right / 110)))) {
    svg.append(shape('path', { class: 'grid', d: `M${x(tick).toFixed(1)} ${MARGIN.top}V${bottom}` }));
    svg.append(shape('text', { x: x(tick), y: HEIGHT - 6, class: 'middle' }, axisTime(tick, span)));
  }
  for (const { times, values, colour } of lines) {
    let path = '';
    let last = -Infinity;
    for (const [i, time] of times.entries()) {
      const value = values[i] ?? NaN;
      if (!Number.isFinite(value)) continue;
      // A point that stands alone is a line of no length, which a round end makes a dot.
      const isGap = time - last > step * 1.5;
      path += `${isGap ? 'M' : 'L'}${x(time).toFixed(1)} ${y(value).toFixed(1)}${isGap ? 'h0' : ''}`;
      last = time;
    }
    svg.append(shape('path', { class: `line ${colour}`, d: path }));
  }
  if (cursor !== undefined) {
    const at = x(start + cursor * step).toFixed(1);
    svg.append(shape('path', { class: 'cursor', d: `M${at} ${MARGIN.top}V${bottom}` }));
  }
  return svg;
}

/** @param {readonly Line[]} lines */
function bounds(lines) {
  let min = Infinity;
  let max = -Infinity;
  for (const value of lines.flatMap(({ values }) => values)) {
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min > max) return { min: 0, max: 1 };
  // One value stands between zero and the edge.
  if (min === max) return min < 0 ? { min: min * 1.25, max: 0 } : { min: 0, max: max * 1.25 || 1 };
  // A graph that reaches nearly to zero shows it.
  const lowest = min > 0 && min < (max - min) / 2 ? 0 : min;
  return { min: lowest, max: max + (max - lowest) / 20 };
}

/**
 * The series of a graph with their colours, and their values at a time or, without one, the newest.
 * @param {readonly Line[]} lines
 */
function legendOf(lines) {
  const legend = element('table', { class: 'legend' });
  const head = element('tr');
  const heading = element('th', { scope: 'col', class: 'number' });
  head.append(element('th', { scope: 'col' }, 'Series'), heading);
  for (const name of ['Least', 'Most']) head.append(element('th', { scope: 'col', class: 'number' }, name));
  const header = element('thead');
  header.append(head);
  const body = element('tbody');
  const cells = lines.map((line) => {
    const name = element('td', { class: `series swatch ${line.colour}` });
    name.append(...nameOf(line.series));
    const value = element('td', { class: 'number' });
    const finite = line.values.filter((each) => Number.isFinite(each));
    const row = element('tr');
    row.append(name, value);
    for (const pick of [Math.min, Math.max]) {
      const found = finite.length === 0 ? NaN : finite.reduce((a, b) => pick(a, b));
      row.append(element('td', { class: 'number' }, shortNumber(found)));
    }
    body.append(row);
    return value;
  });
  legend.append(header, body);
  /** @param {number | undefined} time */
  const show = (time) => {
    heading.textContent = time === undefined ? 'Newest' : timeText(time);
    for (const [i, { times, values }] of lines.entries()) {
      const at =
        time === undefined ? times.length - 1 : times.findIndex((each) => Math.abs(each - time) < 5e-4);
      const cell = cells[i];
      if (cell !== undefined) cell.textContent = at < 0 ? '' : shortNumber(values[at] ?? NaN);
    }
  };
  show(undefined);
  return { legend, show };
}

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function shape(tag, attributes, text = '') {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.textContent = text;
  return made;
}
