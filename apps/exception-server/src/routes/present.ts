import type { Fingerprint } from '../aggregate/fingerprint.ts';
import { statusOf } from '../lifecycle/status.ts';
import type { Sample } from '../queries/detail.ts';
import type { WindowCounts } from '../queries/list.ts';
import type { Coverage } from '../scrape/targetHealth.ts';
import { isoMs, isoOrNull } from './requests.ts';
import type { ExceptionSummary } from './schemas.ts';

const SHOWN_VERSIONS = 10;

export function presentSummary(
  fingerprint: Fingerprint,
  counts: WindowCounts,
  coverage: Coverage,
  nowMs: number,
): ExceptionSummary {
  const { mute, regression } = fingerprint;
  return {
    id: fingerprint.publicId,
    service: fingerprint.service,
    key: fingerprint.key,
    class: fingerprint.class,
    message: fingerprint.message,
    severity: fingerprint.severity,
    status: statusOf(fingerprint, nowMs),
    ...counts,
    totalCount: fingerprint.total,
    firstSeen: isoMs(fingerprint.firstSeenMs),
    lastSeen: isoMs(fingerprint.lastSeenMs),
    versions: fingerprint.versions.slice(0, SHOWN_VERSIONS),
    coverage,
    mute:
      mute === null
        ? null
        : { until: isoOrNull(mute.untilMs), count: mute.count, version: mute.version, by: mute.by },
    resolvedAt: isoOrNull(fingerprint.resolvedAtMs),
    regression:
      regression === null
        ? null
        : { at: isoMs(regression.atMs), version: regression.version, kind: regression.kind },
    labels: { ...fingerprint.labels },
  };
}

export function presentSample(sample: Sample) {
  return {
    uuid: sample.uuid,
    timestamp: isoMs(sample.atMs),
    severity: sample.severity,
    instance: sample.instance,
    version: sample.version,
    error: sample.error,
    http:
      sample.http === null
        ? null
        : { ...sample.http, headers: sample.http.headers && { ...sample.http.headers } },
    labels: { ...sample.labels },
  };
}
