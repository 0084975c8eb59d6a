import { createHash } from 'node:crypto';
import type { ErrorNode, Occurrence } from '../api/types.ts';
import type { FakeException } from './fixtures.ts';

/** The export of a client, in Periskop's format; the part of it that the fake server reads. */
export interface PushedExport {
  readonly target_uuid: string;
  readonly aggregated_errors: readonly {
    readonly aggregation_key: string;
    readonly severity: string;
    /** Oldest first. */
    readonly latest_errors: readonly {
      readonly error: ErrorNode;
      readonly uuid: string;
      readonly timestamp: string;
      readonly severity: string;
      readonly http_context: {
        readonly request_method: string;
        readonly request_url: string;
        readonly request_headers: Readonly<Record<string, string>> | null;
        readonly request_body: string | null;
      } | null;
    }[];
  }[];
}

/** The exceptions of an export. */
export function readPush(service: string, pushed: PushedExport): FakeException[] {
  const now = Date.now();
  return pushed.aggregated_errors.map(({ aggregation_key: key, severity, latest_errors }) => {
    const samples = latest_errors.map((one): Occurrence => {
      const http = one.http_context;
      return {
        uuid: one.uuid,
        timestamp: one.timestamp,
        severity: one.severity,
        instance: pushed.target_uuid,
        version: '',
        error: one.error,
        http: http && {
          method: http.request_method,
          url: http.request_url,
          headers: http.request_headers,
          body: http.request_body,
        },
      };
    });
    const { error } = samples.at(-1)!;
    return {
      id: createHash('sha256').update(`${service}\0${key}`).digest('hex').slice(0, 32),
      key,
      service,
      class: error.class,
      message: error.message,
      severity,
      ageMinutes: 0,
      quietMinutes: 0,
      perMinute: 60,
      versions: [''],
      stack: error.stacktrace,
      firstSeen: now - 1000,
      lastSeen: now,
      status: 'new',
      resolvedAt: null,
      mute: null,
      activity: [],
      samples: samples.toReversed(),
    };
  });
}
