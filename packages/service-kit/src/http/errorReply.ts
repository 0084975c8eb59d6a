import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { HttpError } from '../errors.ts';
import { reportRequestError, type Telemetry } from '../telemetry.ts';

/** What a client learns of an error. */
export interface PublicError {
  readonly statusCode: number;
  /** Stable, in capitals: `NOT_FOUND`. */
  readonly code: string;
  readonly message: string;
}

/** Makes the body of an error answer; a route's `config.errorBody` replaces ours by its own. */
export type ErrorBody = (error: PublicError) => unknown;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body of this route's error answers, where a protocol prescribes another than ours. */
    errorBody?: ErrorBody;
    /** True: the route answers from the first moment, not only when the service has started. */
    answersWhileStarting?: boolean;
  }
}

/** Ours: `{"error":{"code":"NOT_FOUND","message":"…"}}`. */
export const defaultErrorBody: ErrorBody = ({ code, message }) => ({ error: { code, message } });

/**
 * The error handler of every route. A thrown HttpError is shown as it is and a refused request says what was
 * refused; anything else is a defect of ours, reported to the own exceptions and answered 500 without its
 * message.
 */
export function errorHandler(telemetry: Telemetry) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { method, url } = request;
    const shown = publicError(error, request.id);
    if (shown.code === 'INTERNAL') {
      reportRequestError(telemetry, error, request);
      request.log.error({ err: error, method, url }, 'request failed');
    } else if (shown.code === 'TIMEOUT') {
      request.log.warn({ method, url }, 'request timed out');
    }
    const body = request.routeOptions.config.errorBody ?? defaultErrorBody;
    return reply.code(shown.statusCode).send(body(shown));
  };
}

/** What a client may learn of anything that was thrown. */
export function publicError(error: unknown, requestId: string): PublicError {
  if (error instanceof HttpError) {
    return { statusCode: error.statusCode, code: error.code, message: error.message };
  }
  const { statusCode = 500, code = '', message = '' } = (error ?? {}) as Partial<FastifyError>;
  const known = FRAMEWORK_ERRORS[code];
  if (known !== undefined) return { statusCode, code: known[0], message: known[1] ?? message };
  if (statusCode >= 400 && statusCode < 500) return { statusCode, code: code || 'BAD_REQUEST', message };
  return {
    statusCode: 500,
    code: 'INTERNAL',
    message: `internal error; the server's log has it under request id ${requestId}`,
  };
}

/** Our code for an error of Fastify, and our message where Fastify's does not help. */
const FRAMEWORK_ERRORS: Readonly<Record<string, readonly [code: string, message?: string]>> = {
  FST_ERR_VALIDATION: ['BAD_REQUEST'],
  FST_ERR_BAD_URL: ['BAD_URL', 'the path is not valid percent-encoded UTF-8'],
  FST_ERR_MAX_PARAM_LENGTH: ['URL_TOO_LONG', 'a part of the path is longer than this server accepts'],
  FST_ERR_CTP_BODY_TOO_LARGE: [
    'BODY_TOO_LARGE',
    'the body is larger than this server accepts (--web.max-request-size)',
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE', 'this route does not take that Content-Type'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['BAD_REQUEST'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['BAD_REQUEST'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BAD_REQUEST'],
  FST_ERR_HANDLER_TIMEOUT: [
    'TIMEOUT',
    'the answer took longer than this server allows (--web.request-timeout)',
  ],
};
