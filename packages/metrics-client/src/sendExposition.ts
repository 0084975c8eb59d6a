import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** An exposition ready to send. */
export interface Exposition {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Below this size compression costs more than it saves. */
const MIN_COMPRESSED_CHARS = 1024;

const gzipAsync = promisify(gzip);

/** The answer for a text, compressed when the request accepts gzip. */
export async function encodeBody(
  text: string,
  contentType: string,
  acceptEncoding: string | string[] | undefined,
): Promise<Exposition> {
  const headers = { 'content-type': contentType, vary: 'accept, accept-encoding' };
  if (text.length < MIN_COMPRESSED_CHARS || !acceptsGzip(String(acceptEncoding ?? ''))) {
    return { headers, body: text };
  }
  return { headers: { ...headers, 'content-encoding': 'gzip' }, body: await gzipAsync(text) };
}

/** Answers one request of `node:http` for the metrics. */
export function sendExposition(
  request: IncomingMessage,
  response: ServerResponse,
  render: (headers: IncomingHttpHeaders) => Promise<Exposition>,
): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  render(request.headers).then(
    ({ headers, body }) => {
      response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) });
      response.end(request.method === 'HEAD' ? undefined : body);
    },
    (error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' });
      response.end(`The metrics could not be read: ${String(error)}\n`);
    },
  );
}

function acceptsGzip(acceptEncoding: string): boolean {
  return acceptEncoding.split(',').some((part) => {
    const [coding = '', quality = ''] = part.split(';').map((text) => text.trim());
    return coding === 'gzip' && !/^q=0(\.0*)?$/.test(quality);
  });
}
