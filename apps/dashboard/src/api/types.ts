/** Shapes of exception-server's own API. Times are RFC 3339 in UTC. */

export type Severity = string;

export const STATUSES = ['new', 'ongoing', 'regressed', 'resolved', 'muted'] as const;
export type ExceptionStatus = (typeof STATUSES)[number];

export const SORTS = [
  '-lastSeen',
  'lastSeen',
  '-count',
  '-totalCount',
  '-firstSeen',
  '-delta',
  'severity',
] as const;
export type ExceptionSort = (typeof SORTS)[number];

export interface Mute {
  readonly until: string | null;
  readonly count: number | null;
  readonly version: string | null;
  readonly by: string;
}

/** How an exception came back after it was resolved. */
export interface Regression {
  readonly at: string;
  readonly version: string;
  /** `old_version` ran before the resolution and still does, which is no regression of the code. */
  readonly kind: 'new_version' | 'old_version';
}

export interface ExceptionSummary {
  readonly id: string;
  readonly service: string;
  readonly key: string;
  readonly class: string;
  readonly message: string;
  readonly severity: Severity;
  readonly status: ExceptionStatus;
  /** Occurrences in the window. */
  readonly count: number;
  /** Occurrences in the window of the same length before it. */
  readonly previousCount: number;
  readonly totalCount: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly versions: readonly string[];
  /** Occurrences per bucket of the window. */
  readonly sparkline: readonly number[];
  readonly coverage: { readonly answered: number; readonly total: number };
  readonly mute: Mute | null;
  readonly resolvedAt: string | null;
  readonly regression: Regression | null;
  readonly labels: Readonly<Record<string, string>>;
}

export interface TimeWindow {
  readonly from: string;
  readonly to: string;
  readonly stepSeconds: number;
}

export interface ExceptionPage {
  readonly items: readonly ExceptionSummary[];
  readonly nextCursor: string | null;
  readonly total: number;
  readonly window: TimeWindow;
}

export interface ErrorNode {
  readonly class: string;
  readonly message: string;
  readonly stacktrace: readonly string[] | null;
  readonly cause: ErrorNode | null;
}

export interface HttpContext {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly body: string | null;
}

export interface Occurrence {
  readonly uuid: string;
  readonly timestamp: string;
  readonly severity: Severity;
  readonly instance: string;
  readonly version: string;
  readonly error: ErrorNode;
  readonly http: HttpContext | null;
}

export interface VersionShare {
  readonly version: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly totalCount: number;
}

export interface InstanceShare {
  readonly instance: string;
  readonly targetUuid: string;
  readonly lastSeen: string;
  readonly totalCount: number;
  readonly up: boolean;
}

export interface Activity {
  readonly at: string;
  readonly action: string;
  readonly by: string;
  readonly detail: string;
}

export interface ExceptionDetail extends ExceptionSummary {
  readonly createdAt: string;
  /** Newest first. */
  readonly samples: readonly Occurrence[];
  readonly byVersion: readonly VersionShare[];
  readonly byInstance: readonly InstanceShare[];
  readonly activity: readonly Activity[];
}

export interface SeriesAnswer {
  readonly from: string;
  readonly stepSeconds: number;
  readonly series: readonly {
    readonly labels: { readonly version?: string };
    readonly counts: readonly number[];
  }[];
}

export interface MuteRequest {
  readonly until?: string;
  readonly count?: number;
  readonly newVersion?: true;
}

export interface ActionRequest {
  readonly ids: readonly string[];
  readonly action: 'resolve' | 'reopen' | 'mute' | 'unmute';
  readonly by?: string;
  readonly mute?: MuteRequest;
}

export interface ActionAnswer {
  readonly affected: number;
  readonly undoToken: string;
  readonly undoUntil: string;
}

export interface ServiceSummary {
  readonly name: string;
  readonly exceptions: number;
  readonly newExceptions: number;
  readonly count: number;
  readonly targets: { readonly up: number; readonly total: number };
  readonly lastSeen: string | null;
}

export type TargetHealth = 'up' | 'down' | 'unknown';

export interface Target {
  readonly service: string;
  readonly url: string;
  readonly instance: string;
  readonly targetUuid: string | null;
  readonly health: TargetHealth;
  readonly lastScrape: string | null;
  readonly lastScrapeDurationMs: number | null;
  readonly lastError: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly discoveredLabels: Readonly<Record<string, string>>;
}

export interface DroppedTarget {
  readonly service: string;
  readonly discoveredLabels: Readonly<Record<string, string>>;
  readonly reason: string;
}

export interface TargetsAnswer {
  readonly targets: readonly Target[];
  readonly dropped: readonly DroppedTarget[];
  readonly droppedTotal: number;
}

export interface FacetValue {
  readonly value: string;
  readonly count: number;
}

export interface Facets {
  readonly services: readonly FacetValue[];
  readonly severities: readonly FacetValue[];
  readonly classes: readonly FacetValue[];
  readonly versions: readonly FacetValue[];
  readonly statuses: readonly FacetValue[];
}

export interface ExceptionChange {
  readonly id: string;
  readonly service: string;
  readonly key: string;
  readonly status: ExceptionStatus;
  readonly kind: 'first_seen' | 'regressed' | 'resolved' | 'reopened' | 'muted' | 'count';
  readonly at: string;
}
