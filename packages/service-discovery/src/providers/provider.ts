import type { Clock, Log } from '../context.ts';
import type { DnsResolver } from './dnsResolver.ts';
import type { TargetGroup } from '../targetGroup.ts';

/** A running source of target groups. */
export interface Provider {
  /** Begins to look. Resolves when local sources have been read once; it does not wait for the network. */
  start(): Promise<void>;
  /** Ends every timer, watch and request. Nothing is reported afterwards. */
  stop(): Promise<void>;
}

/** Where a provider reports. Sources are named by the provider; names need to be unique only inside it. */
export interface GroupSink {
  /** Replaces every group. */
  replace(groups: ReadonlyMap<string, TargetGroup>): void;
  /** Adds or replaces one group. */
  set(source: string, group: TargetGroup): void;
  delete(source: string): void;
  /** Says that a look-up succeeded and found nothing new. */
  succeed(): void;
  /** Says that a look-up failed; the groups stay as they are. */
  fail(error: Error): void;
}

/** What every provider needs. */
export interface ProviderContext {
  readonly sink: GroupSink;
  readonly clock: Clock;
  readonly log: Log;
  /** Relative file names are below this folder. */
  readonly baseDir: string;
  /** The process's environment, for in-cluster Kubernetes and `proxy_from_environment`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly resolver: DnsResolver;
}
