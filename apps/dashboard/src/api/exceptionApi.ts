import type { FilterParameters } from '../exceptions/filter.ts';
import { requestJson, withQuery } from './http.ts';
import type {
  ActionAnswer,
  ActionRequest,
  ExceptionDetail,
  ExceptionPage,
  ExceptionSort,
  Facets,
  SeriesAnswer,
  ServiceSummary,
  TargetsAnswer,
} from './types.ts';

/** Where the pages reach exception-server, relative to the address of the dashboard; its server forwards it. */
export const EXCEPTIONS_BASE = 'api/exceptions';
const ROOT = `${EXCEPTIONS_BASE}/api/v1`;

interface Window {
  readonly from: string;
  readonly to: string;
}

type Signal = AbortSignal | undefined;

export function listExceptions(
  query: FilterParameters & Window & { sort: ExceptionSort; limit: number; cursor?: string | undefined },
  signal?: Signal,
): Promise<ExceptionPage> {
  return requestJson(withQuery(`${ROOT}/exceptions`, { ...query }), { signal });
}

export function readException(id: string, window: Window, signal?: Signal): Promise<ExceptionDetail> {
  return requestJson(withQuery(`${ROOT}/exceptions/${id}`, { ...window }), { signal });
}

export function readSeries(
  id: string,
  window: Window,
  stepSeconds: number,
  signal?: Signal,
): Promise<SeriesAnswer> {
  return requestJson(
    withQuery(`${ROOT}/exceptions/${id}/series`, { ...window, stepSeconds, by: 'version' }),
    { signal },
  );
}

export function readFacets(query: FilterParameters & Window, signal?: Signal): Promise<Facets> {
  return requestJson(withQuery(`${ROOT}/facets`, { ...query }), { signal });
}

export function listServices(window: Window, signal?: Signal): Promise<{ services: ServiceSummary[] }> {
  return requestJson(withQuery(`${ROOT}/services`, { ...window }), { signal });
}

export function listTargets(signal?: Signal): Promise<TargetsAnswer> {
  return requestJson(`${ROOT}/targets`, { signal });
}

export function act(request: ActionRequest): Promise<ActionAnswer> {
  return requestJson(`${ROOT}/exceptions/actions`, { method: 'POST', body: request });
}

export function undoAction(undoToken: string): Promise<{ affected: number }> {
  return requestJson(`${ROOT}/exceptions/actions/undo`, { method: 'POST', body: { undoToken } });
}

/** Address of the stream of changes, for `EventSource`. */
export const CHANGES_URL = `${ROOT}/changes`;
