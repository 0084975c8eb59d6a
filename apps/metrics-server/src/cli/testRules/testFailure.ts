import { formatDuration } from '@binnacle/model';

/** What did not hold in a test. */
export interface TestFailure {
  /** The alert, expression or rule, and the time since the start of the test. */
  readonly what: string;
  readonly message: string;
  readonly expected?: readonly string[];
  readonly found?: readonly string[];
}

/** A time since the start of a test, as in `5m`. */
export function timeText(ms = 0): string {
  return formatDuration(ms);
}
