import { createHash } from 'node:crypto';
import type { Activity, ErrorNode, ExceptionStatus, HttpContext, Occurrence, Target } from '../api/types.ts';
import { http, SCRIPTS, type Script } from './scripts.ts';

/** One exception of the fake server: the facts from which every answer is computed. */
export interface FakeException extends Script {
  readonly id: string;
  readonly key: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  status: ExceptionStatus;
  resolvedAt: number | null;
  mute: { until: string | null; count: number | null; version: string | null; by: string } | null;
  readonly activity: Activity[];
  /** What was pushed; without it samples are made up. */
  readonly samples?: readonly Occurrence[];
}

const MINUTE = 60_000;

/** The scripted exceptions, then generated ones up to `count`. The same `now` gives the same exceptions. */
export function fakeExceptions(now: number, count: number): FakeException[] {
  const scripts = Array.from({ length: count }, (_, index) => SCRIPTS[index] ?? generated(index));
  return scripts.map((script) => {
    const key = keyOf(script);
    const id = createHash('sha256').update(`${script.service}\0${key}`).digest('hex').slice(0, 32);
    const muted = {
      until: new Date(now + 5 * 60 * MINUTE).toISOString(),
      count: null,
      version: null,
      by: 'ana',
    };
    const changed = new Date(now - 40 * MINUTE).toISOString();
    const activity: Activity[] = [];
    if (script.status === 'muted')
      activity.push({ at: changed, action: 'mute', by: 'ana', detail: 'for 6 h' });
    if (script.status === 'regressed') {
      activity.push(
        { at: changed, action: 'regress', by: 'exception-server', detail: 'seen again in 1.8.0' },
        { at: new Date(now - 9 * 60 * MINUTE).toISOString(), action: 'resolve', by: 'jo', detail: '' },
      );
    }
    return {
      ...script,
      key,
      id,
      firstSeen: now - script.ageMinutes * MINUTE,
      lastSeen: now - script.quietMinutes * MINUTE - 3000,
      status: script.status ?? (script.ageMinutes < 1440 ? 'new' : 'ongoing'),
      resolvedAt: script.status === 'resolved' ? now - 30 * MINUTE : null,
      mute: script.status === 'muted' ? muted : null,
      activity,
    };
  });
}

/** Occurrences between two instants: smooth in the large, noisy in the small, and the same every time. */
export function occurrencesBetween(exception: FakeException, from: number, to: number): number {
  const start = Math.max(from, exception.firstSeen);
  const end = Math.min(to, exception.lastSeen + 3000);
  if (end <= start) return 0;
  const noise = noiseOf(`${exception.id}${Math.floor(from / MINUTE)}`);
  const expected = ((end - start) / MINUTE) * exception.perMinute;
  return Math.floor(expected * (0.35 + 1.3 * noise) + noise);
}

/** The newest samples of an exception, as its clients would have kept them. */
export function samplesOf(exception: FakeException, limit: number): readonly Occurrence[] {
  if (exception.samples !== undefined) return exception.samples;
  return Array.from({ length: limit }, (_, index) => {
    const version =
      exception.versions[noiseOf(`${exception.id}v${index}`) < 0.8 ? 0 : exception.versions.length - 1]!;
    const context: HttpContext | null = exception.http === undefined ? null : http(exception.http, index);
    return {
      uuid: uuidOf(`${exception.id}${index}`),
      timestamp: new Date(exception.lastSeen - index * 47_000).toISOString(),
      severity: exception.severity,
      instance: `${exception.service}-${1 + (index % 2)}:${4101 + (index % 2)}`,
      version,
      error: errorOf(exception),
      http: context,
    };
  });
}

/** Two instances per service; one of `search` is down. */
export function fakeTargets(now: number): Target[] {
  const services = [...new Set(SCRIPTS.map((script) => script.service))];
  return services.flatMap((service, at) =>
    [1, 2].map((replica): Target => {
      const down = service === 'search' && replica === 2;
      const instance = `${service}-${replica}:${4100 + replica}`;
      return {
        service,
        url: `http://${instance}/-/exceptions`,
        instance,
        targetUuid: down ? null : uuidOf(instance),
        health: down ? 'down' : 'up',
        lastScrape: new Date(now - 4000 - at * 1700).toISOString(),
        lastScrapeDurationMs: down ? 10_000 : 4 + at * 3 + replica,
        lastError: down
          ? 'GET http://search-2:4102/-/exceptions: no answer within 10 s (connect ETIMEDOUT 10.0.3.17:4102)'
          : null,
        labels: { service, instance, zone: replica === 1 ? 'eu-west-1a' : 'eu-west-1b' },
        discoveredLabels: {
          __address__: instance,
          __scheme__: 'http',
          __metrics_path__: '/-/exceptions',
          __meta_zone: replica === 1 ? 'eu-west-1a' : 'eu-west-1b',
        },
      };
    }),
  );
}

function errorOf({ class: name, message, stack, cause }: Script): ErrorNode {
  return {
    class: name,
    message,
    stacktrace: stack,
    cause:
      cause === undefined
        ? null
        : { class: cause.class, message: cause.message, stacktrace: cause.stack, cause: null },
  };
}

function generated(index: number): Script {
  const pick = <T>(list: readonly T[], salt: string): T =>
    list[Math.floor(noiseOf(`${salt}${index}`) * list.length)]!;
  const service = pick(['gateway', 'tracks', 'timeline', 'search', 'billing'], 'service');
  const name = pick(
    ['TimeoutError', 'ValidationError', 'ConnectionResetError', 'RangeError', 'DeadlockError'],
    'class',
  );
  const ageMinutes = Math.floor(10 + noiseOf(`age${index}`) ** 3 * 60_000);
  return {
    service,
    class: name,
    message: `operation ${index} failed: ${pick(['no route to host', 'value out of range', 'lock wait exceeded'], 'why')}`,
    severity: pick(['error', 'error', 'warning', 'info'], 'severity'),
    ageMinutes,
    quietMinutes: Math.floor(noiseOf(`quiet${index}`) * Math.min(50, ageMinutes)),
    perMinute: noiseOf(`rate${index}`) ** 4 * 12,
    versions: ['1.7.2'],
    stack: [`    at operation${index} (/srv/${service}/src/operations.ts:${index}:9)`],
  };
}

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A number in [0, 1) that depends on the text alone. */
export function noiseOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32;
}

/** The grouping key of a script's exception. */
export function keyOf({ key, class: name, message }: Script): string {
  return key ?? `${name}@${createHash('sha256').update(message).digest('hex').slice(0, 8)}`;
}
