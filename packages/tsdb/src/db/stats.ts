/** Figures of a store. Times are milliseconds; infinite where there is nothing. */
export interface TsdbStats {
  readonly headSeries: number;
  readonly headMinTime: number;
  readonly headMaxTime: number;
  /** Nothing in order before this time is taken. */
  readonly minValidTime: number;
  readonly headBytes: number;
  readonly blocks: number;
  readonly blockBytes: number;
  readonly walBytes: number;
  readonly samplesStored: number;
  readonly samplesRefused: number;
  readonly samplesReplayed: number;
}
