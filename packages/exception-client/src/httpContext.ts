import type { PeriskopHttpContext } from './exportFormat.ts';
import type { Limits } from './options.ts';
import type { Redactor } from './redact.ts';
import { boundedCopy, boundedText } from './text.ts';

/** The request during which an error happened, as a caller of `report` gives it. Node's headers fit as they are. */
export interface HttpContext {
  readonly method: string;
  /** Absolute, or path and query. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | readonly string[] | number | undefined>>;
  /** Text of the body where the application has it. Nothing here reads a request's stream. */
  readonly body?: string | null;
}

/** The context as it is kept and exported: bounded and redacted. */
export function keepHttpContext(http: HttpContext, redactor: Redactor, limits: Limits): PeriskopHttpContext {
  const { method, url, headers, body } = http;
  return {
    request_method: boundedText(String(method), 32),
    request_url: redactor.url(boundedText(String(url), limits.maxUrlLength)),
    request_headers: keepFields(headers ?? {}, redactor, limits.maxFields),
    request_body: typeof body === 'string' ? redactor.body(boundedCopy(body, limits.maxBodyLength)) : null,
  };
}

/** At most `maxFields` headers or labels with bounded values; with a redactor, without what it hides. */
export function keepFields(
  fields: NonNullable<HttpContext['headers']>,
  redactor: Redactor | undefined,
  maxFields: number,
): Record<string, string> {
  const kept: Record<string, string> = {};
  let left = maxFields;
  for (const field in fields) {
    const value = fields[field];
    if (value === undefined) continue;
    if (--left < 0) break;
    const text = boundedText(Array.isArray(value) ? value.join(', ') : String(value), MAX_VALUE_LENGTH);
    const name = boundedText(field, MAX_NAME_LENGTH);
    kept[name] = redactor === undefined ? text : redactor.field(name, text);
  }
  return kept;
}

const MAX_NAME_LENGTH = 128;
const MAX_VALUE_LENGTH = 1_024;
