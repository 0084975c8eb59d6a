import type { Labels } from '@binnacle/model';
import type { Span } from '../parser/span.ts';
import type { RangeExtension } from '../parser/ast.ts';
import type { LabelColumn, SampleBuffer } from '../storage.ts';
import type { WindowPlacement } from './windows.ts';

/** Series with samples, before windows are laid over them: a range selector or a subquery. */
export interface RangeVector extends WindowPlacement {
  readonly length: number;
  labels(index: number): Labels;
  /** As of VectorSource. */
  labelColumn?(name: string): LabelColumn;
  dropsName(index: number): boolean;
  read(index: number, buffer: SampleBuffer): void;
  readonly extension: RangeExtension | undefined;
  /** The samples come from the store, not from a subquery. */
  readonly isSelector: boolean;
  readonly span: Span;
}
