import type {
  ActionAnswer,
  ActionRequest,
  ExceptionChange,
  ExceptionDetail,
  ExceptionPage,
  ExceptionSummary,
  Facets,
  SeriesAnswer,
  ServiceSummary,
  TargetsAnswer,
} from '../api/types.ts';
import {
  fakeExceptions,
  fakeTargets,
  noiseOf,
  occurrencesBetween,
  samplesOf,
  type FakeException,
} from './fixtures.ts';
import { readPush, type PushedExport } from './fakePush.ts';
import { BUCKETS, comparator, tally, windowOf, type Window } from './fakeQuery.ts';

/** A request that the fake server refuses. */
export class FakeRequestError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Saved = Pick<FakeException, 'status' | 'resolvedAt' | 'mute'>;

/** The answers of exception-server's own API over made-up exceptions. */
export class FakeStore {
  readonly #exceptions: FakeException[];
  readonly #now: number;
  readonly #undo = new Map<string, Map<string, Saved>>();

  constructor(now: number, count: number) {
    this.#now = now;
    this.#exceptions = fakeExceptions(now, count);
  }

  list(query: URLSearchParams): ExceptionPage {
    const window = windowOf(query);
    const items = this.#matching(query)
      .map((exception) => this.#summary(exception, window))
      .sort(comparator(query.get('sort') ?? '-lastSeen'));
    const start = Number(query.get('cursor') ?? 0);
    const end = start + Number(query.get('limit') ?? 100);
    return {
      items: items.slice(start, end),
      nextCursor: end < items.length ? String(end) : null,
      total: items.length,
      window: {
        from: new Date(window.from).toISOString(),
        to: new Date(window.to).toISOString(),
        stepSeconds: window.step / 1000,
      },
    };
  }

  detail(id: string, query: URLSearchParams): ExceptionDetail {
    const exception = this.#find(id);
    const summary = this.#summary(exception, windowOf(query));
    const samples = samplesOf(exception, Math.min(10, summary.totalCount));
    const share = (index: number): number =>
      index === 0 ? 0.8 : 0.2 / Math.max(1, exception.versions.length - 1);
    return {
      ...summary,
      createdAt: summary.firstSeen,
      samples,
      byVersion: exception.versions.map((version, index) => ({
        version,
        firstSeen:
          index === 0
            ? new Date(Math.max(exception.firstSeen, this.#now - 22 * 60_000)).toISOString()
            : summary.firstSeen,
        lastSeen: summary.lastSeen,
        totalCount: Math.round(summary.totalCount * (exception.versions.length === 1 ? 1 : share(index))),
      })),
      byInstance: [1, 2].map((replica) => ({
        instance: `${exception.service}-${replica}:${4100 + replica}`,
        targetUuid: `${exception.service}-${replica}`,
        lastSeen: summary.lastSeen,
        totalCount:
          replica === 1 ? Math.ceil(summary.totalCount * 0.6) : Math.floor(summary.totalCount * 0.4),
        up: !(exception.service === 'search' && replica === 2),
      })),
      activity: exception.activity,
    };
  }

  series(id: string, query: URLSearchParams): SeriesAnswer {
    const exception = this.#find(id);
    const step = Number(query.get('stepSeconds') ?? 60) * 1000;
    const from = Math.floor(Date.parse(query.get('from')!) / step) * step;
    const buckets = Math.max(1, Math.ceil((Date.parse(query.get('to')!) - from) / step));
    const deploy = this.#now - 22 * 60_000;
    return {
      from: new Date(from).toISOString(),
      stepSeconds: step / 1000,
      series: exception.versions.map((version, index) => ({
        labels: { version },
        counts: Array.from({ length: buckets }, (_, bucket) => {
          const at = from + bucket * step;
          const current = at >= deploy ? 0 : Math.min(1, exception.versions.length - 1);
          const all = occurrencesBetween(exception, at, at + step);
          return index === current ? all : Math.floor(all * 0.1 * noiseOf(`${id}${at}${index}`));
        }),
      })),
    };
  }

  services(query: URLSearchParams): { services: ServiceSummary[] } {
    const window = windowOf(query);
    const { targets } = this.targets();
    const names = [...new Set([...this.#exceptions, ...targets].map(({ service }) => service))].sort();
    return {
      services: names.map((name) => {
        const own = this.#exceptions.filter(({ service }) => service === name);
        const ofService = targets.filter(({ service }) => service === name);
        return {
          name,
          exceptions: own.length,
          newExceptions: own.filter((exception) => exception.firstSeen >= window.from).length,
          count: own.reduce(
            (sum, exception) => sum + occurrencesBetween(exception, window.from, window.to),
            0,
          ),
          targets: { up: ofService.filter(({ health }) => health === 'up').length, total: ofService.length },
          lastSeen:
            own.length === 0
              ? null
              : new Date(Math.max(...own.map(({ lastSeen }) => lastSeen))).toISOString(),
        };
      }),
    };
  }

  facets(query: URLSearchParams): Facets {
    const found = this.#matching(query);
    return {
      services: tally(found.map(({ service }) => service)),
      severities: tally(found.map(({ severity }) => severity)),
      classes: tally(found.map((exception) => exception.class)).slice(0, 50),
      versions: tally(found.flatMap(({ versions }) => versions)).slice(0, 50),
      statuses: tally(found.map(({ status }) => status)),
    };
  }

  targets(): TargetsAnswer {
    const dropped = [
      { service: 'tracks', discoveredLabels: { __address__: 'tracks-canary:4101', __meta_zone: 'test' }, reason: 'relabel_configs[0] (keep, source __meta_zone): "test" does not match eu-.*' },
    ]; // prettier-ignore
    return { targets: fakeTargets(Date.now()), dropped, droppedTotal: dropped.length };
  }

  /** Takes a client's export, as `POST /api/v1/push` does. Known keys are left as they are. */
  push(service: string, pushed: PushedExport): { accepted: number; added: number } {
    const fresh = readPush(service, pushed).filter(
      ({ id }) => !this.#exceptions.some((known) => known.id === id),
    );
    this.#exceptions.push(...fresh);
    return { accepted: pushed.aggregated_errors.length, added: fresh.length };
  }

  act(request: ActionRequest, undoToken: string): { answer: ActionAnswer; changes: ExceptionChange[] } {
    const before = new Map<string, Saved>();
    const changes = request.ids.map((id) => {
      const exception = this.#find(id);
      before.set(id, { status: exception.status, resolvedAt: exception.resolvedAt, mute: exception.mute });
      apply(exception, request);
      exception.activity.unshift({
        at: new Date().toISOString(),
        action: request.action,
        by: request.by ?? 'anonymous',
        detail: '',
      });
      return changeOf(exception);
    });
    this.#undo.set(undoToken, before);
    const undoUntil = new Date(Date.now() + 60_000).toISOString();
    return { answer: { affected: changes.length, undoToken, undoUntil }, changes };
  }

  undo(token: string): { changes: ExceptionChange[] } {
    const before = this.#undo.get(token);
    if (before === undefined) throw new FakeRequestError(404, `undo token ${token} is unknown or used`);
    this.#undo.delete(token);
    return {
      changes: [...before].map(([id, saved]) => {
        const exception = Object.assign(this.#find(id), saved);
        exception.activity.unshift({
          at: new Date().toISOString(),
          action: 'undo',
          by: 'anonymous',
          detail: '',
        });
        return changeOf(exception);
      }),
    };
  }

  #find(id: string): FakeException {
    const found = this.#exceptions.find((exception) => exception.id === id);
    if (found === undefined) throw new FakeRequestError(404, `no exception has the id ${id}`);
    return found;
  }

  #matching(query: URLSearchParams): FakeException[] {
    const any = (name: string, value: string): boolean =>
      !query.has(name) || query.getAll(name).includes(value);
    const text = (query.get('q') ?? '').toLowerCase();
    const after = (name: string, ms: number): boolean =>
      !query.has(name) || ms >= Date.parse(query.get(name)!);
    const statuses = query.getAll('status');
    return this.#exceptions.filter((exception) => {
      const open = exception.status !== 'resolved' && exception.status !== 'muted';
      const status =
        statuses.length === 0 ? open : statuses.includes('all') || statuses.includes(exception.status);
      return (
        status &&
        any('service', exception.service) &&
        any('severity', exception.severity) &&
        any('class', exception.class) &&
        (!query.has('version') || exception.versions.includes(query.get('version')!)) &&
        (!query.has('label') || query.getAll('label').every((label) => label === 'environment=production')) &&
        after('firstSeenAfter', exception.firstSeen) &&
        after('lastSeenAfter', exception.lastSeen) &&
        `${exception.class} ${exception.message} ${exception.key}`.toLowerCase().includes(text)
      );
    });
  }

  #summary(exception: FakeException, window: Window): ExceptionSummary {
    const sparkline = Array.from({ length: BUCKETS }, (_, bucket) => {
      const at = window.from + bucket * window.step;
      return occurrencesBetween(exception, at, at + window.step);
    });
    const count = sparkline.reduce((sum, value) => sum + value, 0);
    const length = window.to - window.from;
    const { id, service, key, message, severity, status, versions, mute } = exception;
    return {
      id, service, key, class: exception.class, message, severity, status, count,
      previousCount: occurrencesBetween(exception, window.from - length, window.from),
      totalCount: Math.max(count, Math.ceil(((this.#now - exception.firstSeen) / 60_000) * exception.perMinute)),
      firstSeen: new Date(exception.firstSeen).toISOString(),
      lastSeen: new Date(exception.lastSeen).toISOString(),
      versions, sparkline,
      regression: status !== 'regressed' ? null : { at: new Date(this.#now - 2_400_000).toISOString(), version: versions[0]!, kind: 'new_version' },
      coverage: service === 'search' ? { answered: 1, total: 2 } : { answered: 2, total: 2 },
      mute,
      resolvedAt: exception.resolvedAt === null ? null : new Date(exception.resolvedAt).toISOString(),
      labels: { environment: 'production' },
    }; // prettier-ignore
  }
}

function apply(exception: FakeException, { action, mute }: ActionRequest): void {
  const isNew = Date.now() - exception.firstSeen < 86_400_000;
  exception.resolvedAt = action === 'resolve' ? Date.now() : null;
  exception.mute =
    action === 'mute'
      ? {
          until: mute?.until ?? null,
          count: mute?.count ?? null,
          version: mute?.newVersion === true ? exception.versions[0]! : null,
          by: 'anonymous',
        }
      : null;
  exception.status =
    action === 'resolve' ? 'resolved' : action === 'mute' ? 'muted' : isNew ? 'new' : 'ongoing';
}

function changeOf({ id, service, key, status }: FakeException): ExceptionChange {
  const kind = status === 'resolved' || status === 'muted' || status === 'regressed' ? status : 'reopened';
  return { id, service, key, status, kind, at: new Date().toISOString() };
}
