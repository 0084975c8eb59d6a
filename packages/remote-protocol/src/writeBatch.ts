import { LabelsBuilder, type Labels, type FloatHistogram } from '@binnacle/model';
import { ProtoReader } from './protoReader.ts';

export interface WriteExemplar {
  /** Index of the series in its batch. */
  readonly series: number;
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs: number;
}

export interface WriteHistogram {
  readonly series: number;
  /** Undefined for a stale marker. */
  readonly histogram: FloatHistogram | undefined;
  readonly timestampMs: number;
  /** 0 when the sender did not say. */
  readonly startTimestampMs: number;
}

export interface WriteMetadata {
  readonly family: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/** Metric types in the order of their numbers on the wire. */
export const METRIC_TYPES = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
] as const;

/**
 * A decoded write request, in columns: no object per sample. One batch can be decoded into again and again. Series `i`
 * has the samples [sampleEnd[i-1], sampleEnd[i]) of `timestamps` and `values` (bit exact).
 */
export class WriteBatch {
  seriesCount = 0;
  sampleCount = 0;
  timestamps = new Float64Array(1024);
  values = new Float64Array(1024);
  /** Start timestamps in ms, 0 where unknown; meaningful when `hasStartTimestamps`. */
  startTimestamps = new Float64Array(1024);
  hasStartTimestamps = false;
  sampleEnd = new Uint32Array(256);
  /** Where the labels of a series stand in `body`: equal bytes of one sender (v1) are equal labels. */
  labelStart = new Uint32Array(256);
  labelEnd = new Uint32Array(256);
  exemplars: WriteExemplar[] = [];
  histograms: WriteHistogram[] = [];
  metadata: WriteMetadata[] = [];
  body: Uint8Array = new Uint8Array(0);
  /** The symbol table of remote write 2.0; undefined for 1.0. */
  symbols: string[] | undefined;

  reset(body: Uint8Array, symbols: string[] | undefined): void {
    this.seriesCount = 0;
    this.sampleCount = 0;
    this.hasStartTimestamps = false;
    this.exemplars = [];
    this.histograms = [];
    this.metadata = [];
    this.body = body;
    this.symbols = symbols;
  }

  /** Builds the labels of a series. Callers keep what they built, by the bytes of v1. */
  labels(series: number): Labels {
    const start = this.labelStart[series]!;
    const end = this.labelEnd[series]!;
    return this.symbols === undefined
      ? labelsOfBytes(this.body, start, end)
      : labelsOfRefs(this.body, start, end, this.symbols);
  }

  startSeries(labelStart: number): void {
    if (this.seriesCount === this.labelStart.length) {
      this.labelStart = grown(this.labelStart);
      this.labelEnd = grown(this.labelEnd);
      this.sampleEnd = grown(this.sampleEnd);
    }
    this.labelStart[this.seriesCount] = labelStart;
    this.labelEnd[this.seriesCount] = labelStart;
  }

  endSeries(): void {
    this.sampleEnd[this.seriesCount] = this.sampleCount;
    this.seriesCount++;
  }

  /** Makes room for one more sample and returns its index; the caller fills it in. */
  addSample(): number {
    if (this.sampleCount === this.timestamps.length) {
      this.timestamps = grownFloats(this.timestamps);
      this.values = grownFloats(this.values);
      this.startTimestamps = grownFloats(this.startTimestamps);
    }
    const index = this.sampleCount++;
    this.timestamps[index] = 0;
    this.values[index] = 0;
    this.startTimestamps[index] = 0;
    return index;
  }
}

/** Labels of a range of repeated `Label{name=1, value=2}` fields, each with its tag. */
export function labelsOfBytes(body: Uint8Array, start: number, end: number): Labels {
  const reader = new ProtoReader(body, start, end);
  const builder = new LabelsBuilder();
  while (reader.next()) {
    if (reader.wireType !== 2) {
      reader.skip();
      continue;
    }
    const outer = reader.enter();
    let name = '';
    let value = '';
    while (reader.next()) {
      if (reader.field === 1 && reader.wireType === 2) name = reader.string();
      else if (reader.field === 2 && reader.wireType === 2) value = reader.string();
      else reader.skip();
    }
    reader.leave(outer);
    builder.set(name, value);
  }
  return builder.build();
}

/** Labels of a packed list of pairs of symbol indexes. */
export function labelsOfRefs(
  body: Uint8Array,
  start: number,
  end: number,
  symbols: readonly string[],
): Labels {
  const reader = new ProtoReader(body, start, end);
  const builder = new LabelsBuilder();
  while (reader.position < end) {
    const name = symbolAt(symbols, reader.varint());
    builder.set(name, reader.position < end ? symbolAt(symbols, reader.varint()) : '');
  }
  return builder.build();
}

export function symbolAt(symbols: readonly string[], index: number): string {
  return symbols[index] ?? '';
}

function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * array.length);
  larger.set(array);
  return larger;
}

function grownFloats(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * array.length);
  larger.set(array);
  return larger;
}
