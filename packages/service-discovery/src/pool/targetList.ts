import type { CompiledRelabelConfig } from '../relabel/compileRelabel.ts';
import type { TargetGroup } from '../targetGroup.ts';
import { isDropped, populateTarget } from './populateTarget.ts';
import type { DroppedTarget, Target, TargetDefaults } from './target.ts';

export interface TargetListLimits {
  /** Most active targets; more are dropped, and say so. Default 100,000. */
  readonly maxTargets: number;
  /** Most dropped targets kept for people to see; all of them are counted. Default 1000. */
  readonly keepDropped: number;
}

/** What an update changed, by target key. */
export interface TargetUpdate {
  readonly active: readonly Target[];
  readonly added: readonly Target[];
  readonly removed: readonly Target[];
}

interface TargetListOptions {
  readonly relabels: readonly CompiledRelabelConfig[];
  readonly defaults: TargetDefaults & { readonly job: string };
  readonly limits: TargetListLimits;
}

/** Turns target groups into active and dropped targets. Groups that did not change are not relabeled again. */
export class TargetList {
  active: readonly Target[] = [];
  dropped: readonly DroppedTarget[] = [];
  droppedTotal = 0;
  #options: TargetListOptions;
  #populated = new WeakMap<TargetGroup, readonly (Target | DroppedTarget)[]>();

  constructor(options: TargetListOptions) {
    this.#options = options;
  }

  /** Takes other rules; they hold from the next `update`. */
  configure(options: TargetListOptions): void {
    this.#options = options;
    this.#populated = new WeakMap();
  }

  /** Rebuilds the lists; undefined when the active targets are the same as before. */
  update(groups: readonly TargetGroup[]): TargetUpdate | undefined {
    const { maxTargets, keepDropped } = this.#options.limits;
    const active = new Map<string, Target>();
    const dropped: DroppedTarget[] = [];
    let droppedTotal = 0;
    for (const group of groups) {
      for (const result of this.#populate(group)) {
        if (!isDropped(result)) {
          if (active.has(result.key)) continue;
          if (active.size < maxTargets) {
            active.set(result.key, result);
            continue;
          }
        }
        droppedTotal++;
        if (dropped.length < keepDropped)
          dropped.push(isDropped(result) ? result : overLimit(result, maxTargets));
      }
    }

    const before = new Map(this.active.map((target) => [target.key, target]));
    const unchanged =
      active.size === before.size && [...active.values()].every((t) => before.get(t.key) === t);
    this.active = [...active.values()];
    this.dropped = dropped;
    this.droppedTotal = droppedTotal;
    if (unchanged) return undefined;
    return {
      active: this.active,
      added: this.active.filter((target) => !before.has(target.key)),
      removed: [...before.values()].filter((target) => !active.has(target.key)),
    };
  }

  #populate(group: TargetGroup): readonly (Target | DroppedTarget)[] {
    let results = this.#populated.get(group);
    if (results === undefined) {
      const { defaults, relabels } = this.#options;
      results = group.targets.map((own) => populateTarget(own, group, defaults, relabels));
      this.#populated.set(group, results);
    }
    return results;
  }
}

function overLimit({ discoveredLabels }: Target, maxTargets: number): DroppedTarget {
  return { discoveredLabels, reason: `more than ${maxTargets} targets: the pool is full` };
}
