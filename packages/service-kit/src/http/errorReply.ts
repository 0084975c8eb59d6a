import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { HttpError } from '../errors.ts';
import type { ReportException } from '../telemetry.ts';

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
  }
}

/** Ours: `{"error":{"code":"NOT_FOUND","message":"…"}}`. */
export const defaultErrorBody: ErrorBody = ({ code, message }) => ({ error: { code, message } });

/**
 * The error handler of every route. A thrown HttpError is shown as it is and a refused request says what was
 * refused; anything else is a defect of ours, reported to the own exceptions and answered 500 without its
 * message.
 */
export function errorHandler(reportException: ReportException) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const shown = publicError(error, request.id);
    if (isUnexpected(error)) {
      reportException(error);
      request.log.error({ err: error, method: request.method, url: request.url }, 'request failed');
    }
    const body = request.routeOptions.config.errorBody ?? defaultErrorBody;
    return reply.code(shown.statusCode).send(body(shown));
  };
}

/** What a client may learn of any error. */
export function publicError(error: unknown, requestId: string): PublicError {
  if (error instanceof HttpError) {
    return { statusCode: error.statusCode, code: error.code, message: error.message };
  }
  const { statusCode = 500, code = '', message } = error as FastifyError;
  const known = FRAMEWORK_CODES[code];
  if (known !== undefined) return { statusCode, code: known, message: describeFramework(known, message) };
  if (statusCode >= 400 && statusCode < 500) return { statusCode, code: code || 'BAD_REQUEST', message };
  return {
    statusCode: 500,
    code: 'INTERNAL',
    message: `internal error; the server's log has it under request id ${requestId}`,
  };
}

function isUnexpected(error: FastifyError): boolean {
  if (error instanceof HttpError || FRAMEWORK_CODES[error.code] !== undefined) return false;
  const { statusCode = 500 } = error;
  return statusCode < 400 || statusCode >= 500;
}

const FRAMEWORK_CODES: Readonly<Record<string, string>> = {
  FST_ERR_VALIDATION: 'BAD_REQUEST',
  FST_ERR_BAD_URL: 'BAD_URL',
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'BAD_REQUEST',
  FST_ERR_CTP_INVALID_JSON_BODY: 'BAD_REQUEST',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'BAD_REQUEST',
  FST_ERR_HANDLER_TIMEOUT: 'TIMEOUT',
};

function describeFramework(code: string, message: string): string {
  if (code === 'TIMEOUT') return 'the answer took longer than --web.request-timeout allows';
  if (code === 'BODY_TOO_LARGE')
    return 'the body is larger than this server accepts (--web.max-request-size)';
  return message;
}
