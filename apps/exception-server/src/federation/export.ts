import type { Fingerprint } from '../aggregate/fingerprint.ts';
import type { Mark } from '../aggregate/mark.ts';
import type { Registry } from '../aggregate/registry.ts';
import type { TargetState } from '../aggregate/serviceState.ts';
import { readSamples } from '../queries/detail.ts';
import { markFromRow, targetFromRow } from '../storage/rows.ts';
import { clientAggregate } from './clientFormat.ts';
import type { FederationAnswer, FederationCount, FederationService } from './format.ts';

/** Targets in one page. */
const PAGE_TARGETS = 100;

/** Newest samples that come with each exception. */
const PAGE_SAMPLES = 10;

/** One page of what changed after `since`. A server that was restored from a backup begins anew. */
export async function exportFederation(registry: Registry, since: number): Promise<FederationAnswer> {
  const { store, settledChange } = registry;
  const rows = await store.db
    .selectFrom('targets')
    .selectAll()
    .where('change', '>', since > settledChange ? 0 : since)
    .where('change', '<=', settledChange)
    .orderBy('change')
    .limit(PAGE_TARGETS + 1)
    .execute();
  const page = rows.slice(0, PAGE_TARGETS);
  const more = rows.length > PAGE_TARGETS;
  const services = new Map<string, TargetState[]>();
  for (const row of page) {
    const target = targetFromRow(row);
    const targets = services.get(row.service);
    if (targets === undefined) services.set(row.service, [target]);
    else targets.push(target);
  }
  const answers: FederationService[] = [];
  for (const [name, targets] of services) answers.push(await exportService(registry, name, targets));
  return {
    server_uuid: store.serverUuid,
    next: more ? page.at(-1)!.change : settledChange,
    more,
    services: answers,
  };
}

async function exportService(
  registry: Registry,
  name: string,
  targets: readonly TargetState[],
): Promise<FederationService> {
  const { db } = registry.store;
  const byId = new Map([...(registry.services.get(name)?.byKey.values() ?? [])].map((f) => [f.id, f]));
  const rows = await db
    .selectFrom('marks')
    .selectAll()
    .where(
      'target_id',
      'in',
      targets.map(({ id }) => id),
    )
    .execute();
  const used = new Map<number, Fingerprint>();
  const counts = new Map<number, FederationCount[]>(targets.map(({ id }) => [id, []]));
  for (const row of rows) {
    const fingerprint = byId.get(row.fingerprint_id);
    if (fingerprint === undefined) continue;
    used.set(fingerprint.id, fingerprint);
    counts.get(row.target_id)!.push(...countsOf(fingerprint.key, markFromRow(row)));
  }
  const samples = await readSamples(db, [...used.keys()], PAGE_SAMPLES);
  return {
    name,
    exceptions: [...used.values()].map((f) => clientAggregate(f, samples.get(f.id)!)),
    targets: targets.map(({ id, identity, targetUuid, url, instance, version }) => ({
      identity,
      target_uuid: targetUuid,
      url,
      instance,
      version,
      counts: counts.get(id)!,
    })),
  };
}

/** Processes without a creation time cannot be told apart by another server; their sum can only grow as well. */
function countsOf(key: string, mark: Mark): FederationCount[] {
  const named = mark.lanes.filter(({ createdUs }) => createdUs > 0);
  const unnamed = mark.lanes.filter(({ createdUs }) => createdUs === 0);
  const counts = named.map(({ createdUs, count, newest }): FederationCount => [
    key,
    createdUs,
    count,
    newest,
  ]);
  if (unnamed.length === 0) return counts;
  const sum = named.length === 0 ? mark.total : unnamed.reduce((total, { count }) => total + count, 0);
  return [...counts, [key, 0, sum, unnamed[0]!.newest]];
}
