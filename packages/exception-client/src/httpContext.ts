import type { PeriskopHttpContext } from './exportFormat.ts';
import type { Limits } from './options.ts';
import type { Redactor } from './redact.ts';
import { boundedText } from './text.ts';

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
  const { body } = http;
  return {
    request_method: boundedText(String(http.method), 32),
    request_url: redactor.url(boundedText(String(http.url), limits.maxUrlLength)),
    request_headers: keepHeaders(http.headers ?? {}, redactor, limits),
    request_body: typeof body === 'string' ? redactor.body(boundedText(body, limits.maxBodyLength)) : null,
  };
}

const MAX_HEADER_LENGTH = 1_024;

function keepHeaders(headers: NonNullable<HttpContext['headers']>, redactor: Redactor, limits: Limits) {
  const kept: Record<string, string> = {};
  let count = 0;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    if (++count > limits.maxHeaders) break;
    const text = typeof value === 'string' ? value : Array.isArray(value) ? value.join(', ') : String(value);
    kept[boundedText(name, 128)] = redactor.header(name, boundedText(text, MAX_HEADER_LENGTH));
  }
  return kept;
}
