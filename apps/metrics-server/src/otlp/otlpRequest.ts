/**
 * An OTLP metrics request (opentelemetry-proto, `ExportMetricsServiceRequest`) in the shape of its JSON form. Whole
 * numbers may be texts: JSON carries 64 bits so.
 */
export interface OtlpRequest {
  readonly resourceMetrics?: readonly ResourceMetrics[];
}

type Int = number | string;

export interface ResourceMetrics {
  readonly resource?: { readonly attributes?: readonly KeyValue[] };
  readonly scopeMetrics?: readonly { readonly metrics?: readonly OtlpMetric[] }[];
}

export interface KeyValue {
  readonly key?: string;
  readonly value?: AnyValue;
}

export interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: Int;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] };
  readonly bytesValue?: string;
}

export interface OtlpMetric {
  readonly name?: string;
  readonly description?: string;
  readonly unit?: string;
  readonly gauge?: { readonly dataPoints?: readonly NumberPoint[] };
  readonly sum?: Temporal & { readonly dataPoints?: readonly NumberPoint[]; readonly isMonotonic?: boolean };
  readonly histogram?: Temporal & { readonly dataPoints?: readonly HistogramPoint[] };
  readonly exponentialHistogram?: Temporal & { readonly dataPoints?: readonly ExponentialPoint[] };
  readonly summary?: { readonly dataPoints?: readonly SummaryPoint[] };
}

/** 1 or AGGREGATION_TEMPORALITY_DELTA, 2 or AGGREGATION_TEMPORALITY_CUMULATIVE. */
export interface Temporal {
  readonly aggregationTemporality?: number | string;
}

export interface Point {
  readonly attributes?: readonly KeyValue[];
  readonly timeUnixNano?: Int;
  /** When the point began to count. */
  readonly startTimeUnixNano?: Int;
  /** Bit 0: the point says that there is no value. */
  readonly flags?: number;
}

export interface NumberPoint extends Point {
  readonly asDouble?: number | string;
  readonly asInt?: Int;
}

export interface HistogramPoint extends Point {
  readonly count?: Int;
  readonly sum?: number;
  readonly bucketCounts?: readonly Int[];
  readonly explicitBounds?: readonly number[];
}

export interface ExponentialPoint extends Point {
  readonly count?: Int;
  readonly sum?: number;
  readonly scale?: number;
  readonly zeroCount?: Int;
  readonly zeroThreshold?: number;
  readonly positive?: ExponentialBuckets;
  readonly negative?: ExponentialBuckets;
}

export interface ExponentialBuckets {
  readonly offset?: number;
  readonly bucketCounts?: readonly Int[];
}

export interface SummaryPoint extends Point {
  readonly count?: Int;
  readonly sum?: number;
  readonly quantileValues?: readonly { readonly quantile?: number; readonly value?: number }[];
}
