import type { ServerConfig } from '../config/serverConfig.ts';
import type { Features } from '../features.ts';
import type { Alert } from './alertingRule.ts';
import { groupsOf } from './ruleFiles.ts';
import { RuleGroup, type GroupContext } from './ruleGroup.ts';

export interface RuleManagerContext extends GroupContext {
  readonly features: Features;
  readonly externalUrl: () => string;
  readonly onTransition: (alert: Alert) => void;
}

/** Every rule group of the configuration. */
export class RuleManager {
  readonly #context: RuleManagerContext;
  #groups = new Map<string, RuleGroup>();

  constructor(context: RuleManagerContext) {
    this.#context = context;
  }

  groups(): readonly RuleGroup[] {
    return [...this.#groups.values()];
  }

  /** Makes the groups of a configuration, to see whether it is valid. Throws METRICS_BAD_CONFIG. */
  check(config: ServerConfig): RuleGroup[] {
    const { features, externalUrl, onTransition } = this.#context;
    const options = groupsOf(config.ruleFiles, {
      ...config,
      features: features.engine,
      externalUrl,
      onTransition,
    });
    return options.map((group) => new RuleGroup(group, this.#context));
  }

  /** Takes a configuration. Groups of the same name go on with their alerts. */
  async apply(config: ServerConfig): Promise<void> {
    const next = this.check(config);
    await Promise.all([...this.#groups.values()].map((group) => group.stop()));
    const before = this.#groups;
    this.#groups = new Map(next.map((group) => [group.key, group]));
    for (const [key, group] of before) {
      const successor = this.#groups.get(key);
      if (successor === undefined) group.endAll();
      else successor.adopt(group);
    }
    for (const group of next) group.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#groups.values()].map((group) => group.stop()));
  }
}
