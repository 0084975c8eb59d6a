import type { DiscoveryConfig } from '../schema/discoverySchema.ts';
import type { Provider, ProviderContext } from './provider.ts';
import { staticProvider } from './staticProvider.ts';

/** A provider that a configuration asks for, not yet made. */
export interface ProviderPlan {
  /** For people: `file_sd_configs[0]`. */
  readonly name: string;
  /** Equal for equal configurations, so that a reload keeps what did not change. */
  readonly identity: string;
  readonly create: (context: ProviderContext) => Provider;
}

/** Lists the providers of a configuration, those that answer at once first. */
export function planProviders(config: DiscoveryConfig, baseDir: string): ProviderPlan[] {
  const plans: ProviderPlan[] = [];
  const statics = config.static_configs ?? [];
  if (statics.length > 0) {
    plans.push({
      name: 'static_configs',
      identity: `static_configs ${baseDir} ${JSON.stringify(statics)}`,
      create: (context) => staticProvider(statics, context),
    });
  }
  return plans;
}
