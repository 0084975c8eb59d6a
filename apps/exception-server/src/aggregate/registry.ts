import { ExceptionServerError } from '../errors.ts';
import type { FingerprintChange } from './plan.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { ServiceState } from './serviceState.ts';
import { emptyService, loadCounters, loadServices, reloadService } from '../storage/load.ts';
import type { Store } from '../storage/open.ts';

/**
 * Every service in memory, one writer each. What is here equals what is stored: changes are applied after
 * their transaction, and a service whose write failed is read again before it is used.
 */
export class Registry {
  readonly store: Store;
  readonly services: Map<string, ServiceState>;
  readonly #byPublicId = new Map<string, Fingerprint>();
  readonly #queues = new Map<string, Promise<unknown>>();
  readonly #unsure = new Set<string>();
  readonly #counters: { fingerprint: number; target: number; activity: number; change: number };
  readonly #changesInFlight = new Set<number>();
  #ownership: number;

  private constructor(
    store: Store,
    services: Map<string, ServiceState>,
    counters: Registry['counters'],
    ownership: number,
  ) {
    this.store = store;
    this.#ownership = ownership;
    this.services = services;
    this.#counters = { ...counters };
    for (const service of services.values()) {
      for (const fingerprint of service.byKey.values())
        this.#byPublicId.set(fingerprint.publicId, fingerprint);
    }
  }

  static async load(store: Store): Promise<Registry> {
    const ownership = await store.ownership();
    return new Registry(store, await loadServices(store.db), await loadCounters(store.db), ownership);
  }

  get counters(): {
    readonly fingerprint: number;
    readonly target: number;
    readonly activity: number;
    readonly change: number;
  } {
    return this.#counters;
  }

  readonly nextFingerprintId = (): number => ++this.#counters.fingerprint;
  readonly nextTargetId = (): number => ++this.#counters.target;
  readonly nextActivityId = (): number => ++this.#counters.activity;

  get fingerprintCount(): number {
    return this.#byPublicId.size;
  }

  find(publicId: string): Fingerprint | undefined {
    return this.#byPublicId.get(publicId);
  }

  fingerprints(): IterableIterator<Fingerprint> {
    return this.#byPublicId.values();
  }

  /** Runs `work` alone for its service. The service is made where it is new. */
  async exclusive<T>(name: string, work: (service: ServiceState) => Promise<T>): Promise<T> {
    const before = this.#queues.get(name) ?? Promise.resolve();
    const run = before.then(async () => {
      const service = this.#service(name);
      await this.#ensureOwnership();
      if (this.#unsure.has(name)) await this.#readAgain(service);
      try {
        return await work(service);
      } catch (error) {
        if (!(error instanceof ExceptionServerError)) this.#unsure.add(name);
        throw error;
      }
    });
    const settled = run.catch(() => undefined); // the caller has the error; the queue goes on
    this.#queues.set(name, settled);
    void settled.then(() => {
      if (this.#queues.get(name) === settled) this.#queues.delete(name);
    });
    return run;
  }

  /** Runs `write` with a change number that a reader of `settledChange` sees only once the write is done. */
  async withChange<T>(write: (change: number) => Promise<T>): Promise<T> {
    const change = ++this.#counters.change;
    this.#changesInFlight.add(change);
    try {
      return await write(change);
    } finally {
      this.#changesInFlight.delete(change);
    }
  }

  /** Every change up to this number is applied. */
  get settledChange(): number {
    if (this.#changesInFlight.size === 0) return this.#counters.change;
    return Math.min(...this.#changesInFlight) - 1;
  }

  /** Takes over what was written. */
  apply(service: ServiceState, fingerprints: readonly Pick<FingerprintChange, 'after'>[]): void {
    for (const { after } of fingerprints) {
      service.byKey.set(after.key, after);
      this.#byPublicId.set(after.publicId, after);
    }
  }

  forget(service: ServiceState, fingerprint: Fingerprint): void {
    service.byKey.delete(fingerprint.key);
    this.#byPublicId.delete(fingerprint.publicId);
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    while (this.#queues.size > 0) await Promise.all(this.#queues.values());
  }

  #service(name: string): ServiceState {
    let service = this.services.get(name);
    if (service === undefined) this.services.set(name, (service = emptyService(name)));
    return service;
  }

  /** Where the store may have been another server's for a while, everything is read again before it is used. */
  async #ensureOwnership(): Promise<void> {
    const ownership = await this.store.ownership();
    if (ownership === this.#ownership) return;
    const counters = await loadCounters(this.store.db);
    for (const name of ['fingerprint', 'target', 'activity', 'change'] as const) {
      this.#counters[name] = Math.max(this.#counters[name], counters[name]);
    }
    for (const name of this.services.keys()) this.#unsure.add(name);
    this.#ownership = ownership;
  }

  async #readAgain(service: ServiceState): Promise<void> {
    for (const fingerprint of service.byKey.values()) this.#byPublicId.delete(fingerprint.publicId);
    await reloadService(this.store.db, service);
    for (const fingerprint of service.byKey.values()) this.#byPublicId.set(fingerprint.publicId, fingerprint);
    this.#unsure.delete(service.name);
  }
}
