import { messageOf } from '../errors.ts';
import { CommandUsageError, secondsOption, type CommandContext, type CommandOption } from './command.ts';

/** Options of every command that asks a server. */
export const SERVER_OPTIONS: Readonly<Record<string, CommandOption>> = {
  timeout: { value: '<duration>', help: 'How long to wait for the answer. Default 2m.' },
  header: { value: '<name: value>', help: 'A header of the request; may be repeated.' },
};

export interface ApiAnswer {
  readonly data: unknown;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

interface Envelope {
  readonly status: string;
  readonly data?: unknown;
  readonly error?: string;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

const DEFAULT_TIMEOUT_SECONDS = 120;
const SHOWN_BODY = 200;

/** The server that a command asks, by its URL; `user:password@` in it becomes basic authentication. */
export function serverUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && ['http:', 'https:'].includes(url.protocol)) return url;
  const hint = /^[\w.-]+:\d+/.test(text) ? `; did you mean http://${text}?` : '';
  throw new CommandUsageError(
    `expected the URL of a server such as http://127.0.0.1:9090, found ${JSON.stringify(text)}${hint}`,
  );
}

/** Asks the HTTP API. Throws an Error that says what went wrong and what to look at. */
export async function askServer(
  context: CommandContext,
  server: URL,
  path: string,
  params: Record<string, string> | [string, string][],
): Promise<ApiAnswer> {
  const seconds = secondsOption(context, 'timeout', DEFAULT_TIMEOUT_SECONDS);
  const base = `${server.origin}${server.pathname.replace(/\/+$/, '')}`;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(seconds * 1000)]);
  const headers = headersOf(context, server);
  let status: number;
  let body: string;
  try {
    const answer = await fetch(`${base}/api/v1${path}?${new URLSearchParams(params)}`, { headers, signal });
    status = answer.status;
    body = await answer.text();
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      throw new Error(`${base} gave no answer in ${seconds} s; --timeout waits longer`, { cause: error });
    }
    const reason = messageOf(error instanceof TypeError && error.cause !== undefined ? error.cause : error);
    throw new Error(`cannot reach ${base}: ${reason || 'connection refused'}; is the server running there?`, {
      cause: error,
    });
  }
  const envelope = envelopeOf(body);
  if (envelope === undefined) throw new Error(notPrometheus(base, status, body));
  if (envelope.status !== 'success') throw new Error(`${base} answered ${status}: ${envelope.error}`);
  return { data: envelope.data, warnings: envelope.warnings ?? [], infos: envelope.infos ?? [] };
}

function headersOf(context: CommandContext, server: URL): Headers {
  const headers = new Headers();
  for (const text of context.options.get('header') ?? []) {
    const [, name, value] = /^([\w-]+)\s*:\s*(.*)$/.exec(text) ?? [];
    if (name === undefined) {
      throw new CommandUsageError(`--header: expected "name: value", found ${JSON.stringify(text)}`);
    }
    headers.append(name, value!);
  }
  if (server.username !== '') {
    const pair = `${decodeURIComponent(server.username)}:${decodeURIComponent(server.password)}`;
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
  }
  return headers;
}

function envelopeOf(body: string): Envelope | undefined {
  try {
    const value = JSON.parse(body) as Envelope | null;
    return typeof value?.status === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function notPrometheus(base: string, status: number, body: string): string {
  if (status === 401 || status === 403) {
    return `${base} answered ${status}: put user:password@ into the URL, or send --header="Authorization: Bearer …"`;
  }
  const shown = body.slice(0, SHOWN_BODY).trim();
  return `expected the HTTP API of Prometheus at ${base}/api/v1, found an answer ${status}: ${shown || 'empty'}`;
}
