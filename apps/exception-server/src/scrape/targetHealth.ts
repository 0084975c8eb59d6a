import type { Target } from '@binnacle/service-discovery';

/** What is known of one scraped target now. Not stored: it is known anew within one interval. */
export interface TargetHealth {
  readonly source: string;
  target: Target;
  health: 'up' | 'down' | 'unknown';
  /** Identity of the process that answered last: its target_uuid, or the URL. */
  identity: string;
  targetUuid: string;
  lastScrapeMs: number | null;
  lastScrapeDurationMs: number | null;
  lastError: string | null;
}

/** How much of a service was heard in the last cycle: "3 of 5 targets answered". */
export interface Coverage {
  readonly answered: number;
  readonly total: number;
}

export function unknownHealth(source: string, target: Target): TargetHealth {
  return {
    source,
    target,
    health: 'unknown',
    identity: target.url,
    targetUuid: '',
    lastScrapeMs: null,
    lastScrapeDurationMs: null,
    lastError: null,
  };
}
