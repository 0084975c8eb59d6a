/**
 * What `/-/exceptions?format=federation` answers: for each target that changed since a change number, what it
 * has counted so far, by process. Counts of one process only grow, so taking the greatest of what several
 * servers say is exact.
 */
export interface FederationAnswer {
  readonly server_uuid: string;
  /** Ask `since` this number next; at once where there is more. */
  readonly next: number;
  readonly more: boolean;
  readonly services: FederationService[];
}

export interface FederationService {
  readonly name: string;
  /** Each exception of the targets below, in the format of a client's export. */
  readonly exceptions: unknown[];
  readonly targets: FederationTarget[];
}

export interface FederationTarget {
  readonly identity: string;
  readonly target_uuid: string;
  readonly url: string;
  readonly instance: string;
  readonly version: string;
  readonly counts: FederationCount[];
}

/** Key, creation time in microseconds (0: unknown), cumulative count, hash of the newest occurrence (0: none). */
export type FederationCount = readonly [key: string, createdUs: number, count: number, newest: number];
