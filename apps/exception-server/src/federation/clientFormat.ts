import type { Fingerprint } from '../aggregate/fingerprint.ts';
import type { ErrorNode } from '../payload/payload.ts';
import type { Sample } from '../queries/detail.ts';

/** An exception as a Periskop client would export it: samples oldest first, times in RFC 3339. */
export function clientAggregate(fingerprint: Fingerprint, samples: readonly Sample[]): object {
  return {
    aggregation_key: fingerprint.key,
    total_count: fingerprint.total,
    severity: fingerprint.severity,
    labels: fingerprint.labels,
    latest_errors: samples.toReversed().map((sample) => ({
      ...occurrenceBody(sample),
      timestamp: new Date(sample.atMs).toISOString(),
      instance: sample.instance,
      version: sample.version,
    })),
    // The time of first sight never changes; the earliest time that clients name may.
    created_at: new Date(fingerprint.firstSeenMs).toISOString(),
  };
}

/** The parts of an occurrence that Periskop's client and server formats share, in their order. */
export function occurrenceBody(sample: Sample) {
  return {
    error: errorBody(sample.error),
    uuid: sample.uuid,
    severity: sample.severity,
    http_context:
      sample.http === null
        ? null
        : {
            request_method: sample.http.method,
            request_url: sample.http.url,
            request_headers: sample.http.headers,
            request_body: sample.http.body,
          },
  };
}

function errorBody({ class: name, message, stacktrace, cause }: ErrorNode): object {
  return { class: name, message, stacktrace, cause: cause === null ? null : errorBody(cause) };
}
