/**
 * Round numbers that divide an interval into about `count` parts.
 * @param {number} min
 * @param {number} max
 * @param {number} count
 */
export function valueTicks(min, max, count) {
  const raw = (max - min) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5].find((factor) => factor * power >= raw) ?? 10) * power;
  return multiples(min, max, step);
}

const TIME_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
  604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000,
];

/**
 * Round times, in seconds, that divide an interval into at most `count` parts.
 * @param {number} start
 * @param {number} end
 * @param {number} count
 */
export function timeTicks(start, end, count) {
  const raw = (end - start) / count;
  return multiples(start, end, TIME_STEPS.find((step) => step >= raw) ?? Math.ceil(raw));
}

/**
 * A number in at most four digits, with a unit prefix from a thousand on.
 * @param {number} value
 */
export function shortNumber(value) {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || size === 0) return String(value).replace('Infinity', 'Inf');
  if (size < 0.001 || size >= 1e15) return value.toExponential(2);
  const at = size < 1000 ? 0 : Math.floor(Math.log10(size) / 3);
  return Number((value / 1000 ** at).toPrecision(4)) + 'kMGT'.charAt(at - 1);
}

/**
 * A time of the axis: its date at midnight or where the graph spans many days, its seconds where it spans few.
 * @param {number} seconds
 * @param {number} span
 */
export function axisTime(seconds, span) {
  const text = timeText(seconds);
  if (span > 4 * 86_400 || text.endsWith('00:00:00')) return text.slice(5, 10);
  return span < 300 ? text.slice(11, 19) : text.slice(11, 16);
}

/**
 * `2026-01-31 12:00:00`, in UTC.
 * @param {number} seconds
 */
export function timeText(seconds) {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? String(seconds) : time.toISOString().slice(0, 19).replace('T', ' ');
}

/**
 * @param {number} min
 * @param {number} max
 * @param {number} step
 */
function multiples(min, max, step) {
  const first = Math.ceil(min / step);
  const count = Math.max(0, Math.floor(max / step) - first + 1);
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}
