import type { StaticConfig } from '../schema/discoverySchema.ts';
import { fromWritten } from '../targetGroup.ts';
import type { GroupSink, Provider } from './provider.ts';

/** Targets that the configuration lists. They are reported before `start` returns. */
export function staticProvider(configs: readonly StaticConfig[], { sink }: { sink: GroupSink }): Provider {
  return {
    start: async () => {
      sink.replace(new Map(configs.map((config, index) => [String(index), fromWritten(config)])));
    },
    stop: () => Promise.resolve(),
  };
}
