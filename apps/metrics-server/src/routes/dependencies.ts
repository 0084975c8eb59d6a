import type { FlagDefinitions, FlagValues, ReportException, ServiceContext } from '@binnacle/service-kit';
import type { ServerConfig } from '../config/serverConfig.ts';
import type { Features } from '../features.ts';
import type { Flags } from '../flags.ts';
import type { MetadataStore } from '../metadataStore.ts';
import type { OtlpReceiver } from '../otlp/otlpReceiver.ts';
import type { PushGateway } from '../push/pushGateway.ts';
import type { Queries } from '../query/queries.ts';
import type { RuleManager } from '../rules/ruleManager.ts';
import type { ScrapeManager } from '../scrape/scrapeManager.ts';
import type { ReplayStatus, Storage } from '../storage.ts';
import type { RemoteWriteReceiver } from '../remote/writeReceiver.ts';

/** What the routes work with. */
export interface Dependencies {
  readonly storage: Storage;
  readonly queries: Queries;
  readonly metadata: MetadataStore;
  readonly scrapes: ScrapeManager;
  readonly rules: RuleManager;
  readonly receiver: RemoteWriteReceiver;
  readonly push: PushGateway;
  readonly otlp: OtlpReceiver;
  readonly features: Features;
  readonly flags: Flags;
  readonly allFlags: FlagValues<FlagDefinitions>;
  readonly version: string;
  readonly startedAtMs: number;
  /** 0 is no limit. */
  readonly retentionBytes: number;
  readonly reportException: ReportException;
  /** This server's own metrics. */
  readonly registry: ServiceContext<object, unknown>['registry'];
  replayStatus(): ReplayStatus;
  /** The configuration that holds now. */
  config(): ServerConfig;
  lastReload(): { readonly ok: boolean; readonly atMs: number };
  now(): number;
  externalUrl(): string;
}
