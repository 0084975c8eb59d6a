import type { Provider, ProviderContext } from '../providers/provider.ts';
import type { ProviderPlan } from '../providers/createProviders.ts';
import type { TargetGroup } from '../targetGroup.ts';

/** How one provider of a pool is doing. */
export interface ProviderStatus {
  /** The key and place in the configuration: `http_sd_configs[0]`. */
  readonly name: string;
  readonly groups: number;
  readonly targets: number;
  /** Look-ups that failed since the provider started; each kept the targets that were known. */
  readonly failures: number;
  /** The last failure, until a look-up succeeds. */
  readonly lastError: string | undefined;
  readonly lastErrorAtMs: number | undefined;
  /** When the provider last reported anything. */
  readonly lastUpdateAtMs: number | undefined;
}

/** A provider in a pool, with the groups that it has reported. */
export class ProviderSlot {
  name: string;
  readonly identity: string;
  readonly #provider: Provider;
  #groups = new Map<string, TargetGroup>();
  #failures = 0;
  #lastError: string | undefined;
  #lastErrorAtMs: number | undefined;
  #lastUpdateAtMs: number | undefined;

  constructor(
    plan: ProviderPlan,
    context: Omit<ProviderContext, 'sink'>,
    pool: string,
    onChange: () => void,
  ) {
    this.name = plan.name;
    this.identity = plan.identity;
    const { clock, log } = context;
    const take = (groups: Map<string, TargetGroup>): void => {
      this.#lastError = undefined;
      this.#lastUpdateAtMs = clock.now();
      this.#groups = groups;
    };
    this.#provider = plan.create({
      ...context,
      sink: {
        replace: (groups) => {
          const next = new Map([...groups].map(([source, group]) => [source, this.#settled(source, group)]));
          const changed =
            next.size !== this.#groups.size ||
            [...next].some(([name, group]) => this.#groups.get(name) !== group);
          take(next);
          if (changed) onChange();
        },
        set: (source, group) => {
          const settled = this.#settled(source, group);
          const changed = this.#groups.get(source) !== settled;
          take(this.#groups.set(source, settled));
          if (changed) onChange();
        },
        delete: (source) => {
          const changed = this.#groups.delete(source);
          take(this.#groups);
          if (changed) onChange();
        },
        succeed: () => take(this.#groups),
        fail: (error) => {
          this.#failures++;
          this.#lastError = error.message;
          this.#lastErrorAtMs = clock.now();
          log.warn({ pool, provider: this.name, err: error }, 'Discovery failed; the known targets are kept');
        },
      },
    });
  }

  /** The group that is known already when the new one says the same, so that nobody relabels it again. */
  #settled(source: string, group: TargetGroup): TargetGroup {
    const known = this.#groups.get(source);
    return known !== undefined && JSON.stringify(known) === JSON.stringify(group) ? known : group;
  }

  start(): Promise<void> {
    return this.#provider.start();
  }

  stop(): Promise<void> {
    return this.#provider.stop();
  }

  groups(): TargetGroup[] {
    return [...this.#groups.values()];
  }

  status(): ProviderStatus {
    const groups = this.groups();
    return {
      name: this.name,
      groups: groups.length,
      targets: groups.reduce((sum, group) => sum + group.targets.length, 0),
      failures: this.#failures,
      lastError: this.#lastError,
      lastErrorAtMs: this.#lastErrorAtMs,
      lastUpdateAtMs: this.#lastUpdateAtMs,
    };
  }
}
