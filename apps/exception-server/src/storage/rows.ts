import type { Fingerprint, Mute, Regression } from '../aggregate/fingerprint.ts';
import type { Lane, Mark } from '../aggregate/mark.ts';
import type { TargetState } from '../aggregate/serviceState.ts';
import { stateColumn } from '../lifecycle/status.ts';
import { severityRank } from '../severity.ts';
import type { FingerprintRow, MarkRow, TargetRow } from './schema.ts';

export function fingerprintToRow(fingerprint: Fingerprint): FingerprintRow {
  return {
    id: fingerprint.id,
    public_id: fingerprint.publicId,
    service: fingerprint.service,
    key: fingerprint.key,
    class: fingerprint.class,
    message: fingerprint.message,
    search: `${fingerprint.class}\n${fingerprint.message}\n${fingerprint.key}`.toLowerCase(),
    severity: fingerprint.severity,
    severity_rank: severityRank(fingerprint.severity),
    total: fingerprint.total,
    first_seen: fingerprint.firstSeenMs,
    last_seen: fingerprint.lastSeenMs,
    created_at: fingerprint.createdMs,
    state: stateColumn(fingerprint),
    resolved_at: fingerprint.resolvedAtMs,
    regression: fingerprint.regression === null ? null : JSON.stringify(fingerprint.regression),
    mute: fingerprint.mute === null ? null : JSON.stringify(fingerprint.mute),
    mute_until: fingerprint.mute?.untilMs ?? null,
    labels: JSON.stringify(fingerprint.labels),
    versions: JSON.stringify(fingerprint.versions),
    samples: fingerprint.samples,
  };
}

export function fingerprintFromRow(row: FingerprintRow): Fingerprint {
  return {
    id: row.id,
    publicId: row.public_id,
    service: row.service,
    key: row.key,
    class: row.class,
    message: row.message,
    severity: row.severity,
    total: row.total,
    firstSeenMs: row.first_seen,
    lastSeenMs: row.last_seen,
    createdMs: row.created_at,
    state: row.state === 'resolved' || row.state === 'expired' ? row.state : 'open',
    resolvedAtMs: row.resolved_at,
    regression: row.regression === null ? null : (JSON.parse(row.regression) as Regression),
    mute: row.mute === null ? null : (JSON.parse(row.mute) as Mute),
    labels: JSON.parse(row.labels) as Record<string, string>,
    versions: JSON.parse(row.versions) as string[],
    samples: row.samples,
  };
}

export function markToRow(targetId: number, fingerprintId: number, mark: Mark): MarkRow {
  const lanes = mark.lanes.map((lane) => `${lane.createdUs}:${lane.count}:${lane.newest}`).join(' ');
  return {
    target_id: targetId,
    fingerprint_id: fingerprintId,
    total: mark.total,
    last_seen: mark.lastSeenMs,
    lanes: mark.oscillating ? `~${lanes}` : lanes,
  };
}

export function markFromRow(row: MarkRow): Mark {
  const oscillating = row.lanes.startsWith('~');
  const lanes = (oscillating ? row.lanes.slice(1) : row.lanes).split(' ').map((text): Lane => {
    const [createdUs, count, newest] = text.split(':').map(Number);
    return { createdUs: createdUs!, count: count!, newest: newest! };
  });
  return { total: row.total, lastSeenMs: row.last_seen, lanes, oscillating };
}

export function targetToRow(service: string, target: TargetState): TargetRow {
  return {
    id: target.id,
    service,
    identity: target.identity,
    target_uuid: target.targetUuid,
    url: target.url,
    instance: target.instance,
    version: target.version,
    last_success: target.lastSuccessMs,
    change: target.change,
  };
}

export function targetFromRow(row: TargetRow): TargetState {
  return {
    id: row.id,
    identity: row.identity,
    targetUuid: row.target_uuid,
    url: row.url,
    instance: row.instance,
    version: row.version,
    lastSuccessMs: row.last_success,
    change: row.change,
    marks: null,
  };
}
