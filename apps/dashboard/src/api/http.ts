/** What went wrong with a request, with everything the error panel shows. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number | null;
  readonly code: string | null;
  readonly requestId: string | null;
  readonly durationMs: number;
  readonly url: string;

  constructor(
    message: string,
    facts: {
      status?: number | null;
      code?: string | null;
      requestId?: string | null;
      durationMs: number;
      url: string;
      cause?: unknown;
    },
  ) {
    super(message, { cause: facts.cause });
    this.status = facts.status ?? null;
    this.code = facts.code ?? null;
    this.requestId = facts.requestId ?? null;
    this.durationMs = facts.durationMs;
    this.url = facts.url;
  }
}

/** A request that has no answer after this long is given up. */
const DEADLINE_MS = 30_000;
const SHOWN_BODY_CHARACTERS = 2_000;

/**
 * Sends one JSON request. Throws `ApiError` for anything but a 2xx answer with JSON, and the signal's own reason when
 * the caller aborts.
 */
export async function requestJson<T>(
  url: string,
  options: { method?: string; body?: unknown; signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const started = performance.now();
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]);
  const elapsed = (): number => Math.round(performance.now() - started);

  let response: Response;
  try {
    response = await fetch(url, {
      method: options.method ?? 'GET',
      signal,
      ...(options.body === undefined
        ? {}
        : { body: JSON.stringify(options.body), headers: { 'content-type': 'application/json' } }),
    });
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    const message = deadline.aborted
      ? `No answer within ${DEADLINE_MS / 1000} s.`
      : 'The dashboard server could not be reached.';
    throw new ApiError(message, { durationMs: elapsed(), url, cause: error });
  }

  const text = await response.text();
  const facts = {
    status: response.status,
    requestId: response.headers.get('x-request-id'),
    durationMs: elapsed(),
    url,
  };
  if (!response.ok) {
    const { message, code } = readError(text);
    throw new ApiError(message ?? `The server answered ${response.status}.`, { ...facts, code });
  }
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    const shown = text.slice(0, SHOWN_BODY_CHARACTERS);
    throw new ApiError(`Expected JSON, found: ${shown}`, { ...facts, cause: error });
  }
}

/** `/path?a=1&a=2`: undefined values are left out, arrays repeat the name. */
export function withQuery(
  path: string,
  query: Record<string, string | number | readonly string[] | undefined>,
): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of typeof value === 'object' ? value : [String(value)]) params.append(name, one);
  }
  const text = params.toString();
  return text === '' ? path : `${path}?${text}`;
}

function readError(text: string): { message: string | null; code: string | null } {
  try {
    const parsed = JSON.parse(text) as {
      error?: { message?: unknown; code?: unknown } | string;
      errorType?: unknown;
      message?: unknown;
    };
    // Prometheus's envelope.
    if (typeof parsed.error === 'string') {
      return {
        message: parsed.error,
        code: typeof parsed.errorType === 'string' ? parsed.errorType : null,
      };
    }
    const inner = typeof parsed.error === 'object' ? parsed.error : parsed;
    return {
      message: typeof inner.message === 'string' ? inner.message : null,
      code: 'code' in inner && typeof inner.code === 'string' ? inner.code : null,
    };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { message: text.trim().slice(0, SHOWN_BODY_CHARACTERS) || null, code: null };
  }
}
