import type { Fingerprint } from '../aggregate/fingerprint.ts';
import type { Mark } from '../aggregate/mark.ts';
import type { ServiceState, TargetState } from '../aggregate/serviceState.ts';
import { fingerprintFromRow, markFromRow, targetFromRow } from './rows.ts';
import type { Database } from './schema.ts';

/** Reads every service's exceptions and targets; watermarks follow when a target answers. */
export async function loadServices(db: Database): Promise<Map<string, ServiceState>> {
  const services = new Map<string, ServiceState>();
  for (const row of await db.selectFrom('fingerprints').selectAll().execute()) {
    addFingerprint(stateOf(services, row.service), fingerprintFromRow(row));
  }
  for (const row of await db.selectFrom('targets').selectAll().execute()) {
    stateOf(services, row.service).targets.set(row.identity, targetFromRow(row));
  }
  return services;
}

/** Reads one service anew, into the same object: after a failed write it is unknown whether it was done. */
export async function reloadService(db: Database, service: ServiceState): Promise<void> {
  const fingerprints = await db
    .selectFrom('fingerprints')
    .selectAll()
    .where('service', '=', service.name)
    .execute();
  const targets = await db.selectFrom('targets').selectAll().where('service', '=', service.name).execute();
  service.byKey.clear();
  service.targets.clear();
  for (const row of fingerprints) addFingerprint(service, fingerprintFromRow(row));
  for (const row of targets) service.targets.set(row.identity, targetFromRow(row));
}

/** Reads a target's watermarks unless they are in memory. */
export async function loadMarks(db: Database, target: TargetState): Promise<void> {
  if (target.marks !== null) return;
  const rows = await db.selectFrom('marks').selectAll().where('target_id', '=', target.id).execute();
  target.marks = new Map(rows.map((row): [number, Mark] => [row.fingerprint_id, markFromRow(row)]));
}

/** The greatest ids and change number in use; new ones continue from there. */
export async function loadCounters(
  db: Database,
): Promise<{ fingerprint: number; target: number; activity: number; change: number }> {
  const [fingerprint, target, activity, change] = await Promise.all([
    db
      .selectFrom('fingerprints')
      .select((eb) => eb.fn.max('id').as('max'))
      .executeTakeFirst(),
    db
      .selectFrom('targets')
      .select((eb) => eb.fn.max('id').as('max'))
      .executeTakeFirst(),
    db
      .selectFrom('activity')
      .select((eb) => eb.fn.max('id').as('max'))
      .executeTakeFirst(),
    db
      .selectFrom('targets')
      .select((eb) => eb.fn.max('change').as('max'))
      .executeTakeFirst(),
  ]);
  return {
    fingerprint: fingerprint?.max ?? 0,
    target: target?.max ?? 0,
    activity: activity?.max ?? 0,
    change: change?.max ?? 0,
  };
}

export function emptyService(name: string): ServiceState {
  return { name, byKey: new Map(), targets: new Map() };
}

function stateOf(services: Map<string, ServiceState>, name: string): ServiceState {
  let service = services.get(name);
  if (service === undefined) services.set(name, (service = emptyService(name)));
  return service;
}

function addFingerprint(service: ServiceState, fingerprint: Fingerprint): void {
  service.byKey.set(fingerprint.key, fingerprint);
}
