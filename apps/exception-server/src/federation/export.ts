import type { Fingerprint } from '../aggregate/fingerprint.ts';
import type { Mark } from '../aggregate/mark.ts';
import type { Registry } from '../aggregate/registry.ts';
import { readSamples, type Sample } from '../queries/detail.ts';
import { markFromRow } from '../storage/rows.ts';
import type { TargetRow } from '../storage/schema.ts';
import { clientAggregate } from './clientFormat.ts';
import type { FederationAnswer, FederationCount, FederationService, FederationTarget } from './format.ts';

/** Targets looked at for one page, and the size at which it is full. */
const PAGE_TARGETS = 100;
const PAGE_BYTES = 4 * 1024 * 1024;

/** Newest samples that come with each exception, while there is room for any. */
const PAGE_SAMPLES = 3;

/** One page of what changed after `since`. A server that was restored from a backup begins anew. */
export async function exportFederation(registry: Registry, since: number): Promise<FederationAnswer> {
  const { store, settledChange } = registry;
  const rows = await store.db
    .selectFrom('targets')
    .selectAll()
    .where('change', '>', since > settledChange ? 0 : since)
    .where('change', '<=', settledChange)
    .orderBy('change')
    .limit(PAGE_TARGETS)
    .execute();
  const page = new Page(registry);
  let next = since;
  let taken = 0;
  for (const row of rows) {
    if (page.bytes > PAGE_BYTES) break;
    await page.add(row);
    next = row.change;
    taken++;
  }
  const more = taken < rows.length || rows.length === PAGE_TARGETS;
  return {
    server_uuid: store.serverUuid,
    next: more ? next : settledChange,
    more,
    services: page.services(),
  };
}

class Page {
  readonly #registry: Registry;
  readonly #services = new Map<string, { exceptions: Map<number, object>; targets: FederationTarget[] }>();
  readonly #byId = new Map<string, Map<number, Fingerprint>>();
  bytes = 0;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  async add(row: TargetRow): Promise<void> {
    const { db } = this.#registry.store;
    const service = this.#service(row.service);
    const fingerprints = this.#fingerprints(row.service);
    const marks = await db.selectFrom('marks').selectAll().where('target_id', '=', row.id).execute();
    const known = marks.filter(({ fingerprint_id }) => fingerprints.has(fingerprint_id));
    const counts = known.flatMap((mark) =>
      countsOf(fingerprints.get(mark.fingerprint_id)!.key, markFromRow(mark)),
    );
    service.targets.push({
      identity: row.identity,
      target_uuid: row.target_uuid,
      url: row.url,
      instance: row.instance,
      version: row.version,
      counts,
    });
    this.bytes += 256 + counts.length * 64;
    const untold = known
      .map(({ fingerprint_id }) => fingerprint_id)
      .filter((id) => !service.exceptions.has(id));
    for (let start = 0; start < untold.length; start += 100) {
      const ids = untold.slice(start, start + 100);
      const samples =
        this.bytes > PAGE_BYTES ? new Map<number, Sample[]>() : await readSamples(db, ids, PAGE_SAMPLES);
      for (const id of ids) {
        const exception = clientAggregate(fingerprints.get(id)!, samples.get(id) ?? []);
        service.exceptions.set(id, exception);
        this.bytes += JSON.stringify(exception).length;
      }
    }
  }

  services(): FederationService[] {
    return [...this.#services].map(([name, { exceptions, targets }]) => ({
      name,
      exceptions: [...exceptions.values()],
      targets,
    }));
  }

  #service(name: string): { exceptions: Map<number, object>; targets: FederationTarget[] } {
    let service = this.#services.get(name);
    if (service === undefined) this.#services.set(name, (service = { exceptions: new Map(), targets: [] }));
    return service;
  }

  #fingerprints(name: string): Map<number, Fingerprint> {
    let byId = this.#byId.get(name);
    if (byId === undefined) {
      const all = this.#registry.services.get(name)?.byKey.values() ?? [];
      this.#byId.set(name, (byId = new Map([...all].map((fingerprint) => [fingerprint.id, fingerprint]))));
    }
    return byId;
  }
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
