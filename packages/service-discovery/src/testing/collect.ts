import { FakeClock } from '@binnacle/testing';
import { silentLog, type Clock } from '../context.ts';
import type { DnsResolver } from '../providers/dnsResolver.ts';
import type { Provider, ProviderContext } from '../providers/provider.ts';
import type { LabelSet, TargetGroup } from '../targetGroup.ts';

/** A provider at work, and what it has reported. */
export interface Collected extends AsyncDisposable {
  readonly provider: Provider;
  readonly groups: ReadonlyMap<string, TargetGroup>;
  readonly errors: readonly Error[];
  /** How many times anything was reported. */
  readonly reports: number;
  /** Every target with its group's labels, sorted by address. */
  targets(): LabelSet[];
  addresses(): string[];
}

interface CollectOptions {
  readonly clock?: Clock;
  readonly baseDir?: string;
  readonly environment?: ProviderContext['environment'];
  readonly resolver?: DnsResolver;
}

/** Makes a provider and gathers its reports. It is not started. */
export function collect(
  create: (context: ProviderContext) => Provider,
  options: CollectOptions = {},
): Collected {
  const { clock = new FakeClock(), baseDir = '.', environment = {} } = options;
  const resolver = options.resolver ?? { resolve: () => Promise.reject(new Error('no resolver')) };
  const state = { groups: new Map<string, TargetGroup>(), errors: [] as Error[], reports: 0 };
  const provider = create({
    clock,
    baseDir,
    environment,
    resolver,
    log: silentLog,
    sink: {
      replace: (groups) => {
        state.reports++;
        state.groups = new Map(groups);
      },
      set: (source, group) => {
        state.reports++;
        state.groups.set(source, group);
      },
      delete: (source) => {
        state.reports++;
        state.groups.delete(source);
      },
      succeed: () => undefined,
      fail: (error) => state.errors.push(error),
    },
  });
  const targets = (): LabelSet[] =>
    [...state.groups.values()]
      .flatMap(({ targets, labels }) => targets.map((own) => ({ ...labels, ...own })))
      .sort((a, b) => ((a['__address__'] ?? '') < (b['__address__'] ?? '') ? -1 : 1));
  return {
    provider,
    get groups() {
      return state.groups;
    },
    get errors() {
      return state.errors;
    },
    get reports() {
      return state.reports;
    },
    targets,
    addresses: () => targets().map((target) => target['__address__'] ?? ''),
    [Symbol.asyncDispose]: () => provider.stop(),
  };
}
