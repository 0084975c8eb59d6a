import type { CloudEvent } from '../api/eventTypes.ts';

type Data = Readonly<Record<string, unknown>>;

const SUMMARIES: Record<string, (data: Data) => string> = {
  'deploy.finished': (data) =>
    join(
      ' ',
      text(data['service']),
      text(data['version']),
      labelled('after', data['previousVersion']),
      labelled('by', data['by']),
    ),
  'exception.first_seen': exceptionText,
  'exception.regressed': exceptionText,
  'exception.resolved': exceptionText,
  'alert.firing': alertText,
  'alert.resolved': alertText,
  'alert.silenced': alertText,
  'target.up': targetText,
  'target.down': targetText,
  activity: (data) =>
    join(' ', text(data['actor']), text(data['verb']), text(data['object']), labelled('to', data['target'])),
};

/** An event in one line: a sentence for the types that Binnacle knows, else its data as JSON. */
export function eventSummary({ type, data }: CloudEvent): string {
  const record = dataOf(data);
  const sentence = record === null ? '' : (SUMMARIES[type]?.(record) ?? '');
  if (sentence !== '') return sentence;
  if (data === undefined || data === null) return '';
  return typeof data === 'string' ? data : JSON.stringify(data);
}

/** A field of the event's data that is text; null when there is none. */
export function dataText({ data }: CloudEvent, name: string): string | null {
  return text(dataOf(data)?.[name]) || null;
}

/** Data as lines of path and value, in their order: `labels.team`, `items.0.id`. Empty containers are shown as such. */
export function flattenData(data: unknown): { path: string; value: string }[] {
  const lines: { path: string; value: string }[] = [];
  const visit = (value: unknown, path: string): void => {
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    if (entries.length === 0)
      lines.push({ path, value: typeof value === 'string' ? value : JSON.stringify(value) });
    for (const [name, inner] of entries) visit(inner, path === '' ? name : `${path}.${name}`);
  };
  if (data !== undefined) visit(data, '');
  return lines;
}

function exceptionText(data: Data): string {
  return join(': ', text(data['class']), text(data['message']));
}

function alertText(data: Data): string {
  return join(': ', text(data['alertname']), text(dataOf(data['annotations'])?.['summary']));
}

function targetText(data: Data): string {
  return join(': ', text(data['instance']), text(data['error']));
}

function labelled(label: string, value: unknown): string {
  return text(value) === '' ? '' : `${label} ${text(value)}`;
}

function join(by: string, ...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(by);
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function dataOf(data: unknown): Data | null {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Data) : null;
}
