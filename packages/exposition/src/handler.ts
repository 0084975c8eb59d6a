import type { FloatHistogram, Labels } from '@binnacle/model';

export type MetadataKind = 'type' | 'help' | 'unit';

/** Stands for a series; the handler chooses it, the parser remembers which text it belongs to. */
export type SeriesRef = number;

/** Receives what a parser reads. Nothing is allocated for a sample whose line stands where it stood the last time. */
export interface ExpositionHandler {
  metadata(family: string, kind: MetadataKind, text: string): void;
  /**
   * A series that the parser sees for the first time. A negative ref means that its samples are not wanted.
   * `emptyNames`: labels that the text has with an empty value, as `/federate` has `instance=""`.
   */
  series(labels: Labels, emptyNames?: readonly string[]): SeriesRef;
  /** `timestampMs` is NaN when the line has none. */
  sample(ref: SeriesRef, value: number, timestampMs: number): void;
  /** Belongs to the sample before it. */
  exemplar(ref: SeriesRef, labels: Labels, value: number, timestampMs: number): void;
  /** Protobuf only. */
  histogram(ref: SeriesRef, histogram: FloatHistogram, timestampMs: number): void;
  /** When a counter, summary or histogram began to count. */
  created(ref: SeriesRef, createdMs: number): void;
}
