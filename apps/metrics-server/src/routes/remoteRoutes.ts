import { Readable } from 'node:stream';
import { RegexError } from '@binnacle/model';
import { RemoteProtocolError } from '@binnacle/remote-protocol';
import type { ServiceApp } from '@binnacle/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../errors.ts';
import { CHUNKED_TYPE } from '../remoteRead/chunkedResponse.ts';
import { answerRead } from '../remoteRead/readHandler.ts';
import type { Dependencies } from './dependencies.ts';

const V2 = 'io.prometheus.write.v2.Request';
const V1 = 'prometheus.WriteRequest';
const MAX_DECODED_BYTES = 256 * 1024 * 1024;

/** /write and /read: snappy and protobuf in both directions. Errors are plain text, as senders log them. */
export function remoteRoutes(app: ServiceApp, deps: Dependencies): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const parent = app.errorHandler;
  app.setErrorHandler((error: unknown, request, reply) => {
    if (error instanceof ApiError) return text(reply, error.statusCode, error.message);
    if (error instanceof RemoteProtocolError || error instanceof RegexError)
      return text(reply, 400, error.message);
    return parent.call(app, error as never, request, reply);
  });

  app.post('/write', async (request, reply) => {
    if (!deps.flags['web.enable-remote-write-receiver']) {
      return text(
        reply,
        404,
        'remote write receiver needs to be enabled with --web.enable-remote-write-receiver',
      );
    }
    const version = versionOf(request);
    if (version === undefined || !isSnappy(request)) {
      const found = `Content-Type ${request.headers['content-type'] ?? 'none'}, Content-Encoding ${request.headers['content-encoding'] ?? 'none'}`;
      return text(reply, 415, `expected snappy-compressed protobuf of ${V1} or ${V2}; found ${found}`);
    }
    const outcome = deps.receiver.write(bodyOf(request), version);
    if (version === 2) {
      reply.header('x-prometheus-remote-write-samples-written', outcome.samples);
      reply.header('x-prometheus-remote-write-histograms-written', outcome.histograms);
      reply.header('x-prometheus-remote-write-exemplars-written', outcome.exemplars);
    }
    return outcome.refused === undefined ? reply.code(204).send() : text(reply, 400, outcome.refused);
  });

  app.post('/read', async (request, reply) => {
    const answer = answerRead(bodyOf(request), {
      storage: deps.storage,
      externalLabels: () => deps.config().externalLabels,
      maxBodyBytes: MAX_DECODED_BYTES,
      sampleLimit: deps.flags['storage.remote.read-sample-limit'],
      maxFrameBytes: deps.flags['storage.remote.read-max-bytes-in-frame'],
    });
    if (answer.kind === 'chunks') {
      return reply.header('content-type', CHUNKED_TYPE).send(Readable.from(answer.frames));
    }
    const { body } = answer;
    return reply
      .header('content-type', 'application/x-protobuf')
      .header('content-encoding', 'snappy')
      .send(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  });
}

/** Undefined for a message that is neither. Without a `proto` parameter it is 1.0. */
function versionOf(request: FastifyRequest): 1 | 2 | undefined {
  const [media = '', ...parameters] = (request.headers['content-type'] ?? 'application/x-protobuf').split(
    ';',
  );
  if (media.trim().toLowerCase() !== 'application/x-protobuf') return undefined;
  const proto = parameters.map((each) => each.trim()).find((each) => each.startsWith('proto='));
  if (proto === undefined || proto === `proto=${V1}`) return 1;
  return proto === `proto=${V2}` ? 2 : undefined;
}

function isSnappy(request: FastifyRequest): boolean {
  return ['', 'snappy'].includes(request.headers['content-encoding'] ?? '');
}

function bodyOf(request: FastifyRequest): Uint8Array {
  return Buffer.isBuffer(request.body) ? request.body : new Uint8Array(0);
}

function text(reply: FastifyReply, statusCode: number, message: string): FastifyReply {
  return reply.code(statusCode).type('text/plain; charset=utf-8').send(`${message}\n`);
}
