import type { Ingestor } from '../aggregate/ingestor.ts';
import type { Registry } from '../aggregate/registry.ts';
import type { ServerConfig } from '../config/serverConfig.ts';
import type { Actions } from '../lifecycle/actions.ts';
import type { ChangeFeed } from '../lifecycle/changes.ts';
import type { ServerMetrics } from '../metrics/serverMetrics.ts';
import type { Scraper } from '../scrape/scraper.ts';

/** What the routes work with. */
export interface Dependencies {
  readonly registry: Registry;
  readonly ingestor: Ingestor;
  readonly actions: Actions;
  readonly feed: ChangeFeed;
  readonly scraper: Scraper;
  readonly metrics: ServerMetrics;
  readonly now: () => number;
  /** The configuration in force; a reload changes it. */
  readonly config: () => ServerConfig;
  /** Aborted when long-lived answers must end. */
  readonly shutdownSignal: AbortSignal;
  /** URL prefix of every route, known to the server that mounts them. */
  readonly version: string;
}
