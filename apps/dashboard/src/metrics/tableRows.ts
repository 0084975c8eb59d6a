import type { HistogramValue, InstantResult, Labels } from '../api/metricTypes.ts';
import { labelNames } from './labels.ts';

/** An instant result as the table shows it and as CSV exports it. */
export interface ResultTable {
  readonly names: readonly string[];
  readonly rows: readonly { readonly labels: Labels; readonly value: string }[];
}

/** Turns any result into rows. A range vector gives its last values with their number. */
export function tableOf(result: InstantResult): ResultTable {
  if (result.resultType === 'scalar' || result.resultType === 'string') {
    return { names: [], rows: [{ labels: {}, value: result.result[1] }] };
  }
  const names = labelNames(result.result);
  if (result.resultType === 'vector') {
    const rows = result.result.map(({ metric, value, histogram }) => ({
      labels: metric,
      value: value?.[1] ?? histogramText(histogram![1]),
    }));
    return { names, rows };
  }
  const rows = result.result.map(({ metric, values = [], histograms = [] }) => ({
    labels: metric,
    value: [
      ...values.map(([time, value]) => `${value} @${time}`),
      ...histograms.map(([time, value]) => `${histogramText(value)} @${time}`),
    ].join('\n'),
  }));
  return { names, rows };
}

/** RFC 4180: a heading, then one record a row. Every cell with a comma, quote or line break is quoted. */
export function toCsv({ names, rows }: ResultTable): string {
  const records = [
    [...names, 'value'],
    ...rows.map(({ labels, value }) => [...names.map((name) => labels[name] ?? ''), value]),
  ];
  return records.map((record) => `${record.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function histogramText({ count, sum }: HistogramValue): string {
  return `histogram: count ${count}, sum ${sum}`;
}
