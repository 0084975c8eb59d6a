/** Shapes of stream-service's own API. Times are RFC 3339 in UTC. */

/** A CloudEvents 1.0 envelope. Its stream is its `type`. */
export interface CloudEvent {
  readonly specversion: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time?: string;
  readonly subject?: string;
  readonly partitionkey?: string;
  readonly data?: unknown;
  readonly [attribute: string]: unknown;
}

/** An event as the log serves it. */
export interface StoredEvent {
  /** Its place in the one log of all streams. */
  readonly offset: number;
  readonly receivedAt: string;
  readonly event: CloudEvent;
  /** Size of the event's JSON. */
  readonly bytes: number;
}

export interface StreamInfo {
  readonly name: string;
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly lastOffset: number;
  readonly ratePerSecond: number;
  /** Events received in each of the last 60 minutes, oldest first. */
  readonly sparkline: readonly number[];
}

export interface StreamsAnswer {
  readonly streams: readonly StreamInfo[];
}

export interface EventPage {
  readonly events: readonly StoredEvent[];
  /** `after` of the page that follows in the log. */
  readonly nextAfter: number | null;
  /** `before` of the page that precedes; null when nothing does. */
  readonly nextBefore: number | null;
  /** The search gave up before the page was full. */
  readonly partial: boolean;
}

export interface EventHistogram {
  readonly from: string;
  readonly stepSeconds: number;
  readonly counts: readonly number[];
  readonly partial?: boolean;
}

export interface TimelineItem {
  readonly key: string;
  readonly score: number;
  /** Base64 of its bytes. */
  readonly member: string;
  readonly at: string | null;
  /** While the log still holds it. */
  readonly event?: StoredEvent;
}

export interface TimelinePage {
  readonly items: readonly TimelineItem[];
  readonly next: string | null;
  readonly partial: boolean;
  readonly missingKeys: readonly string[];
}
