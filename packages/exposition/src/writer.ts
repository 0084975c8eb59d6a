import { formatGoFloat, METRIC_NAME, type Labels } from '@binnacle/model';

/** A family with its samples, in the order in which they are to be written. */
export interface OutgoingFamily {
  readonly name: string;
  readonly type?: string;
  readonly help?: string;
  readonly unit?: string;
  readonly samples: readonly OutgoingSample[];
}

export interface OutgoingSample {
  /** With the metric name. */
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs?: number;
}

/** Writes families in the Prometheus text format 1.0.0 (0.0.4 when every name is of the old character set). */
export function writeText(families: Iterable<OutgoingFamily>): string {
  let text = '';
  for (const { name, type, help, samples } of families) {
    const shown = nameText(name);
    if (help !== undefined) text += `# HELP ${shown} ${escapeHelp(help)}\n`;
    if (type !== undefined) text += `# TYPE ${shown} ${type === 'unknown' ? 'untyped' : type}\n`;
    for (const { labels, value, timestampMs } of samples) {
      text += `${seriesText(labels)} ${formatGoFloat(value, 'g')}${timestampMs === undefined ? '' : ` ${timestampMs}`}\n`;
    }
  }
  return text;
}

/** Writes families in OpenMetrics 1.0.0, with its end marker. */
export function writeOpenMetrics(families: Iterable<OutgoingFamily>): string {
  let text = '';
  for (const { name, type, help, unit, samples } of families) {
    const family = nameText(type === 'counter' ? name.replace(/_total$/, '') : name);
    if (type !== undefined) text += `# TYPE ${family} ${type}\n`;
    if (unit !== undefined && unit !== '') text += `# UNIT ${family} ${unit}\n`;
    if (help !== undefined) text += `# HELP ${family} ${escapeValue(help)}\n`;
    for (const { labels, value, timestampMs } of samples) {
      const at = timestampMs === undefined ? '' : ` ${formatGoFloat(timestampMs / 1000)}`;
      text += `${seriesText(labels)} ${formatGoFloat(value, 'g')}${at}\n`;
    }
  }
  return `${text}# EOF\n`;
}

/** A series as it stands in a line; names outside of the old character set are quoted. */
export function seriesText(labels: Labels): string {
  const name = labels.get(METRIC_NAME);
  const isBare = isLegacyName(name);
  const parts = isBare || name === '' ? [] : [`"${escapeValue(name)}"`];
  for (const [label, value] of labels) {
    if (label !== METRIC_NAME)
      parts.push(`${isLegacyLabel(label) ? label : `"${escapeValue(label)}"`}="${escapeValue(value)}"`);
  }
  const braces = parts.length === 0 ? '' : `{${parts.join(',')}}`;
  return isBare ? name + braces : braces;
}

function nameText(name: string): string {
  return isLegacyName(name) ? name : `"${escapeValue(name)}"`;
}

function isLegacyName(name: string): boolean {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
}

function isLegacyLabel(name: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);
}

function escapeValue(text: string): string {
  return text.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
}

function escapeHelp(text: string): string {
  return text.replace(/[\\\n]/g, (char) => (char === '\n' ? '\\n' : '\\\\'));
}
