import { ExceptionServerError } from '../errors.ts';
import { deleteTargets } from '../storage/deleteTargets.ts';
import { loadMarks } from '../storage/load.ts';
import { writePlan } from '../storage/writePlan.ts';
import { planDelivery, type IngestPlan } from './plan.ts';
import type { Registry } from './registry.ts';
import type { Delivery, ServiceState, TargetState } from './serviceState.ts';

export interface IngestLimits {
  readonly services: number;
  readonly targetsPerService: number;
  readonly exceptionsPerService: number;
  readonly samplesPerException: number;
}

export const DEFAULT_INGEST_LIMITS: IngestLimits = {
  services: 1000,
  targetsPerService: 20_000,
  exceptionsPerService: 10_000,
  samplesPerException: 100,
};

/** A target that was not heard for this long makes room for a new one. */
const SILENT_MS = 3_600_000;

/** Brings deliveries into the totals, each as a whole and once. */
export class Ingestor {
  readonly #registry: Registry;
  readonly #onApplied: (plan: IngestPlan) => void;
  limits: IngestLimits;

  constructor(registry: Registry, limits: IngestLimits, onApplied: (plan: IngestPlan) => void) {
    this.#registry = registry;
    this.limits = limits;
    this.#onApplied = onApplied;
  }

  /**
   * Counts a delivery. Rejects when it cannot be stored, or when a service or target would be one too many;
   * nothing of it is counted then, and the next delivery of the same target makes up for it.
   */
  async ingest(delivery: Delivery): Promise<IngestPlan> {
    if (
      !this.#registry.services.has(delivery.service) &&
      this.#registry.services.size >= this.limits.services
    ) {
      throw new ExceptionServerError(
        'EXCEPTIONS_TOO_MANY_SERVICES',
        `there are ${this.limits.services} services already; raise limits.services to add ${delivery.service}`,
      );
    }
    return this.#registry.exclusive(delivery.service, (service) => this.#ingest(service, delivery));
  }

  /** Notes that a target answered just what it answered before. */
  touch(serviceName: string, identity: string, nowMs: number): boolean {
    const target = this.#registry.services.get(serviceName)?.targets.get(identity);
    if (target === undefined) return false;
    target.lastSuccessMs = Math.max(target.lastSuccessMs, nowMs);
    return true;
  }

  async #ingest(service: ServiceState, delivery: Delivery): Promise<IngestPlan> {
    const known = service.targets.get(delivery.identity);
    if (known === undefined) await this.#makeRoom(service, delivery.receivedMs);
    if (known !== undefined) await loadMarks(this.#registry.store.db, known);
    const plan = planDelivery(service, known, delivery, {
      exceptionsPerService: this.limits.exceptionsPerService,
      nextFingerprintId: this.#registry.nextFingerprintId,
    });
    const target = known ?? this.#newTarget(delivery);
    if (plan.changes.length === 0) {
      service.targets.set(delivery.identity, Object.assign(target, describe(delivery, target)));
    } else {
      await this.#write(service, target, plan);
    }
    this.#onApplied(plan);
    return plan;
  }

  async #write(service: ServiceState, target: TargetState, plan: IngestPlan): Promise<void> {
    const { samplesPerException } = this.limits;
    const { nextActivityId, store } = this.#registry;
    await this.#registry.withChange(async (change) => {
      const next = { ...target, ...describe(plan.delivery, target), change };
      await writePlan(store, plan, next, { samplesPerException, nextActivityId });
      service.targets.set(target.identity, Object.assign(target, next));
      for (const { after, mark } of plan.changes) target.marks!.set(after.id, mark);
      this.#registry.apply(service, plan.changes);
    });
  }

  /** A full service forgets the targets that are silent for longest: restarts leave one behind each time. */
  async #makeRoom(service: ServiceState, nowMs: number): Promise<void> {
    const { targetsPerService } = this.limits;
    if (service.targets.size < targetsPerService) return;
    const silent = [...service.targets.values()]
      .filter(({ lastSuccessMs }) => lastSuccessMs < nowMs - SILENT_MS)
      .sort((a, b) => a.lastSuccessMs - b.lastSuccessMs);
    if (silent.length > 0) {
      return deleteTargets(
        this.#registry.store.db,
        service,
        silent.slice(0, Math.ceil(targetsPerService / 10)),
      );
    }
    throw new ExceptionServerError(
      'EXCEPTIONS_TOO_MANY_TARGETS',
      `${service.name} has ${targetsPerService} running targets already; raise limits.targets_per_service`,
    );
  }

  #newTarget(delivery: Delivery): TargetState {
    return {
      id: this.#registry.nextTargetId(),
      identity: delivery.identity,
      ...describe(delivery),
      change: 0,
      marks: new Map(),
    };
  }
}

function describe(delivery: Delivery, before?: TargetState) {
  return {
    targetUuid: delivery.targetUuid,
    url: delivery.url,
    instance: delivery.instance,
    version: delivery.version,
    lastSuccessMs: Math.max(before?.lastSuccessMs ?? 0, delivery.receivedMs),
  };
}
