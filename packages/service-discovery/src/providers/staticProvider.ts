import type { StaticConfig } from '../schema/discoverySchema.ts';
import { fromWritten } from '../targetGroup.ts';
import type { Provider, ProviderContext } from './provider.ts';

/** Targets that the configuration lists. They are reported before `start` returns. */
export function planStatic(configs: readonly StaticConfig[]): (context: ProviderContext) => Provider {
  return ({ sink }) => ({
    start: () => {
      sink.replace(new Map(configs.map((config, index) => [String(index), fromWritten(config)])));
      return Promise.resolve();
    },
    stop: () => Promise.resolve(),
  });
}
