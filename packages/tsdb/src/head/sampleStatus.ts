/** What became of one sample. The names of the error kinds are Prometheus's. */
export const SAMPLE_STATUS = {
  accepted: 0,
  /** The same time and value again: accepted, nothing stored. */
  duplicate: 1,
  /** Another value for a time that is there. */
  duplicateOfOtherValue: 2,
  /** Older than the newest sample of its series. */
  outOfOrder: 3,
  /** Older than anything the head takes. */
  outOfBounds: 4,
  /** Out of order, and older than the out-of-order window. */
  tooOld: 5,
  /** The reference means no series any more. */
  unknownSeries: 6,
} as const;

export type SampleStatus = (typeof SAMPLE_STATUS)[keyof typeof SAMPLE_STATUS];
