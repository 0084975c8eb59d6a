import type { Aggregate } from '../payload/payload.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { Mark } from './mark.ts';

/** What is known of one service, mirrored in memory so that an unchanged scrape touches no storage. */
export interface ServiceState {
  readonly name: string;
  readonly byKey: Map<string, Fingerprint>;
  readonly targets: Map<string, TargetState>;
}

/** A process, or what stands for one: known by its target_uuid, or by its address where it has none. */
export interface TargetState {
  readonly id: number;
  readonly identity: string;
  targetUuid: string;
  url: string;
  instance: string;
  version: string;
  /** Server time of the last reading that was applied. */
  lastSuccessMs: number;
  /** Grows with each stored change of any target; what a federating server asks from. */
  change: number;
  /** By fingerprint id; null until it is read from the store. */
  marks: Map<number, Mark> | null;
}

/** What one target says at one time, on its way into the totals. */
export interface Delivery {
  readonly service: string;
  readonly identity: string;
  readonly targetUuid: string;
  readonly url: string;
  readonly instance: string;
  readonly version: string;
  /** Kept on the exceptions this target reports. */
  readonly labels: Readonly<Record<string, string>>;
  readonly aggregates: readonly Aggregate[];
  readonly overflowCount: number;
  /** The reading began and ended; readings of one target that overlap have no order. */
  readonly startedMs: number;
  readonly receivedMs: number;
  readonly via: 'scrape' | 'push' | 'federation';
}
