import { ParseError, QueryError, type QueryErrorCode } from '@binnacle/promql';
import { publicError, type ErrorBody, type ServiceApp } from '@binnacle/service-kit';
import type { FastifyReply } from 'fastify';
import { ApiError, type ApiErrorType } from '../errors.ts';

const MAX_ANNOTATIONS = 10;

/** Answers with Prometheus's envelope. */
export function success(
  reply: FastifyReply,
  data: unknown,
  annotations: { readonly warnings?: readonly string[]; readonly infos?: readonly string[] } = {},
): FastifyReply {
  const warnings = (annotations.warnings ?? []).slice(0, MAX_ANNOTATIONS);
  const infos = (annotations.infos ?? []).slice(0, MAX_ANNOTATIONS);
  return reply.header('content-type', 'application/json').send({
    status: 'success',
    data,
    ...(warnings.length > 0 && { warnings }),
    ...(infos.length > 0 && { infos }),
  });
}

/** The envelope of an error that the server's own machinery raises: too large a body, a time-out. */
export const apiErrorBody: ErrorBody = ({ statusCode, message }) => ({
  status: 'error',
  errorType: typeOfStatus(statusCode),
  error: message,
});

/** Makes every error of a scope's routes an envelope. Anything unexpected goes on to the server's own handler. */
export function useEnvelope(scope: ServiceApp): void {
  scope.addHook('onRoute', (route) => {
    route.config = { ...route.config, errorBody: apiErrorBody };
  });
  const parent = scope.errorHandler;
  scope.setErrorHandler((error: unknown, request, reply) => {
    const api = toApiError(error);
    if (api === undefined) return parent.call(scope, error as never, request, reply);
    return reply.code(api.statusCode).send({ status: 'error', errorType: api.type, error: api.message });
  });
  scope.setNotFoundHandler((request, reply) => {
    const { statusCode, message } = publicError(
      Object.assign(new Error(`no route ${request.method} ${request.url.split('?', 1)[0]}`), {
        statusCode: 404,
      }),
      request.id,
    );
    return reply.code(statusCode).send({ status: 'error', errorType: 'not_found', error: message });
  });
}

const QUERY_ERRORS: Readonly<Record<QueryErrorCode, ApiErrorType>> = {
  PROMQL_EXECUTION: 'execution',
  PROMQL_TIMEOUT: 'timeout',
  PROMQL_CANCELED: 'canceled',
  PROMQL_TOO_MANY_SAMPLES: 'execution',
  PROMQL_TOO_MUCH_MEMORY: 'execution',
  PROMQL_BAD_RANGE: 'bad_data',
  PROMQL_OVERLOADED: 'unavailable',
};

function toApiError(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (error instanceof ParseError) {
    return new ApiError('bad_data', `invalid parameter "query": ${error.message}`);
  }
  if (error instanceof QueryError) return new ApiError(QUERY_ERRORS[error.code], error.message);
  return undefined;
}

function typeOfStatus(statusCode: number): ApiErrorType {
  if (statusCode === 404) return 'not_found';
  if (statusCode === 503) return 'unavailable';
  return statusCode >= 500 ? 'internal' : 'bad_data';
}
