import { silentLog, systemClock, type Clock, type Log } from '../context.ts';
import { systemResolver, type DnsResolver } from '../providers/dnsResolver.ts';
import type { ProviderContext } from '../providers/provider.ts';
import { planProviders } from '../providers/createProviders.ts';
import { compileRelabels, type CompileRelabelOptions } from '../relabel/compileRelabel.ts';
import type { DiscoveryConfig } from '../schema/discoverySchema.ts';
import { ProviderSlot, type ProviderStatus } from './providerSlot.ts';
import { TargetList, type TargetListLimits, type TargetUpdate } from './targetList.ts';
import type { DroppedTarget, Target, TargetDefaults } from './target.ts';
import { UpdateSchedule } from './updateSchedule.ts';

export interface TargetPoolOptions {
  /** The job or service: value of `job` unless the defaults have another. */
  readonly name: string;
  readonly config: DiscoveryConfig;
  readonly defaults?: TargetDefaults;
  /** Called after each change of the active targets. It must not throw. */
  readonly onUpdate?: (update: TargetUpdate) => void;
  readonly limits?: Partial<TargetListLimits>;
  /** Default: any UTF-8 text is a label name. */
  readonly nameValidation?: CompileRelabelOptions['nameValidation'];
  /** Folder of the configuration file; relative file names are below it. Default: the current folder. */
  readonly baseDir?: string;
  /** The process's environment, for in-cluster Kubernetes and `proxy_from_environment`. Default: empty. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Default: the name servers of the machine. */
  readonly resolver?: DnsResolver;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** What a reload may change. */
export type TargetPoolReload = Pick<
  TargetPoolOptions,
  'config' | 'defaults' | 'limits' | 'nameValidation' | 'baseDir'
>;

/** The targets of one job, kept up to date. */
export interface TargetPool {
  readonly name: string;
  /**
   * Static targets are active before this returns; it resolves when local files have been read too. It never
   * waits for the network and never rejects: what fails is in `providers()`.
   */
  start(): Promise<void>;
  /** Ends every watch, timer and request. The lists stay as they are. */
  stop(): Promise<void>;
  /**
   * Takes a new configuration. Providers whose configuration is the same keep running with what they know. Throws
   * DiscoveryError, changing nothing, when the configuration is not valid; resolves as `start` does.
   */
  reload(options: TargetPoolReload): Promise<void>;
  /** Targets to scrape, in the order of discovery. */
  active(): readonly Target[];
  /** The first of the dropped targets, up to the limit; `droppedTotal` counts all of them. */
  dropped(): readonly DroppedTarget[];
  droppedTotal(): number;
  /** The state of each provider: group and target counts, failures, the last error. */
  providers(): readonly ProviderStatus[];
}

/** Most often the lists change: changes in between are taken together. */
const MIN_UPDATE_INTERVAL_MS = 1000;

/** Makes a pool. Throws DiscoveryError when the configuration is not valid; nothing runs before `start`. */
export function createTargetPool(options: TargetPoolOptions): TargetPool {
  const { name, clock = systemClock, log = silentLog, environment = {}, onUpdate } = options;
  const resolver = options.resolver ?? systemResolver();
  let baseDir = options.baseDir ?? '.';
  let slots: ProviderSlot[] = [];
  let plans = planProviders(options.config, baseDir);
  const list = new TargetList(listOptions(options));
  const schedule = new UpdateSchedule(clock, MIN_UPDATE_INTERVAL_MS, () => {
    const update = list.update(slots.flatMap((slot) => slot.groups()));
    if (update !== undefined) onUpdate?.(update);
  });

  /** Starts what is new, stops what is gone, and shows what is known at once. */
  async function run(): Promise<void> {
    const before = new Map(slots.map((slot) => [slot.identity, slot]));
    const started: ProviderSlot[] = [];
    slots = plans.map((plan) => {
      const known = before.get(plan.identity);
      if (known !== undefined && before.delete(plan.identity)) {
        known.name = plan.name;
        return known;
      }
      const context: Omit<ProviderContext, 'sink'> = { clock, log, baseDir, environment, resolver };
      const slot = new ProviderSlot(plan, context, name, () => schedule.request());
      started.push(slot);
      return slot;
    });
    const stopping = [...before.values()].map((slot) => slot.stop());
    const starting = started.map((slot) => slot.start());
    schedule.flush();
    await Promise.all([...stopping, ...starting]);
    if (schedule.pending) schedule.flush();
  }

  let running = false;
  return {
    name,
    start: async () => {
      running = true;
      await run();
    },
    stop: async () => {
      running = false;
      schedule.stop();
      await Promise.all(slots.map((slot) => slot.stop()));
    },
    reload: async (next) => {
      const nextDir = next.baseDir ?? '.';
      const nextPlans = planProviders(next.config, nextDir);
      list.configure(listOptions({ ...next, name }));
      plans = nextPlans;
      baseDir = nextDir;
      if (running) await run();
    },
    active: () => list.active,
    dropped: () => list.dropped,
    droppedTotal: () => list.droppedTotal,
    providers: () => slots.map((slot) => slot.status()),
  };
}

function listOptions(
  options: TargetPoolReload & { name: string },
): ConstructorParameters<typeof TargetList>[0] {
  const { config, defaults = {}, limits = {}, nameValidation = 'utf8', name } = options;
  return {
    relabels: compileRelabels(config.relabel_configs, { nameValidation }),
    defaults: { ...defaults, job: defaults.job ?? name },
    limits: { maxTargets: limits.maxTargets ?? 100_000, keepDropped: limits.keepDropped ?? 1000 },
  };
}
