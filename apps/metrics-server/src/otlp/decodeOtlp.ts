import { ProtoReader } from '@binnacle/remote-protocol';
import type { OtlpRequest } from './otlpRequest.ts';

type Scalar = 'string' | 'bool' | 'varint' | 'sint' | 'double' | 'fixed64' | 'bytes';
/** Name in JSON, kind, and whether it repeats. */
type Field = readonly [name: string, kind: Scalar | (() => Message), repeated?: true];
type Message = Readonly<Record<number, Field>>;

/** Beyond this depth a nested attribute value is refused. */
const MAX_DEPTH = 64;

const anyValue: Message = {
  1: ['stringValue', 'string'],
  2: ['boolValue', 'bool'],
  3: ['intValue', 'varint'],
  4: ['doubleValue', 'double'],
  5: ['arrayValue', () => ({ 1: ['values', () => anyValue, true] })],
  6: ['kvlistValue', () => ({ 1: ['values', () => keyValue, true] })],
  7: ['bytesValue', 'bytes'],
};
const keyValue: Message = { 1: ['key', 'string'], 2: ['value', () => anyValue] };
const attributes: Field = ['attributes', () => keyValue, true];
const start: Field = ['startTimeUnixNano', 'fixed64'];
const time: Field = ['timeUnixNano', 'fixed64'];
const buckets = (): Message => ({ 1: ['offset', 'sint'], 2: ['bucketCounts', 'varint', true] });
const numberPoint: Message = {
  2: start,
  3: time,
  4: ['asDouble', 'double'],
  6: ['asInt', 'fixed64'],
  7: attributes,
  8: ['flags', 'varint'],
};
const histogramPoint: Message = {
  2: start,
  3: time,
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['bucketCounts', 'fixed64', true],
  7: ['explicitBounds', 'double', true],
  9: attributes,
  10: ['flags', 'varint'],
};
const exponentialPoint: Message = {
  1: attributes,
  2: start,
  3: time,
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['scale', 'sint'],
  7: ['zeroCount', 'fixed64'],
  8: ['positive', buckets],
  9: ['negative', buckets],
  10: ['flags', 'varint'],
  14: ['zeroThreshold', 'double'],
};
const summaryPoint: Message = {
  2: start,
  3: time,
  4: ['count', 'fixed64'],
  5: ['sum', 'double'],
  6: ['quantileValues', () => ({ 1: ['quantile', 'double'], 2: ['value', 'double'] }), true],
  7: attributes,
  8: ['flags', 'varint'],
};
const points = (point: Message): Message => ({
  1: ['dataPoints', () => point, true],
  2: ['aggregationTemporality', 'varint'],
  3: ['isMonotonic', 'bool'],
});
const metric: Message = {
  1: ['name', 'string'],
  2: ['description', 'string'],
  3: ['unit', 'string'],
  5: ['gauge', () => points(numberPoint)],
  7: ['sum', () => points(numberPoint)],
  9: ['histogram', () => points(histogramPoint)],
  10: ['exponentialHistogram', () => points(exponentialPoint)],
  11: ['summary', () => points(summaryPoint)],
};
const request: Message = {
  1: [
    'resourceMetrics',
    () => ({
      1: ['resource', () => ({ 1: attributes })],
      2: ['scopeMetrics', () => ({ 2: ['metrics', () => metric, true] }), true],
    }),
    true,
  ],
};

/** Decodes a protobuf request into the shape of its JSON form. Throws RemoteProtocolError. */
export function decodeOtlp(body: Uint8Array): OtlpRequest {
  return readMessage(new ProtoReader(body), request, 0) as OtlpRequest;
}

function readMessage(reader: ProtoReader, message: Message, depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  while (reader.next()) {
    const field = message[reader.field];
    if (field === undefined || depth > MAX_DEPTH) {
      reader.skip();
      continue;
    }
    const [name, kind, repeated] = field;
    if (repeated !== true) {
      result[name] = readValue(reader, kind, depth);
      continue;
    }
    const list = (result[name] ??= []) as unknown[];
    // Repeated numbers come packed or one by one.
    const isPacked =
      typeof kind === 'string' && kind !== 'string' && kind !== 'bytes' && reader.wireType === 2;
    if (!isPacked) {
      list.push(readValue(reader, kind, depth));
      continue;
    }
    const outer = reader.enter();
    while (reader.position < reader.end) list.push(readScalar(reader, kind));
    reader.leave(outer);
  }
  return result;
}

function readValue(reader: ProtoReader, kind: Field[1], depth: number): unknown {
  if (typeof kind === 'string') return readScalar(reader, kind);
  const outer = reader.enter();
  const value = readMessage(reader, kind(), depth + 1);
  reader.leave(outer);
  return value;
}

const float = new Float64Array(1);
const bits = new DataView(float.buffer);

function readScalar(reader: ProtoReader, kind: Scalar): unknown {
  switch (kind) {
    case 'string':
      return reader.string();
    case 'bool':
      return reader.varint() !== 0;
    case 'varint':
      return reader.varint();
    case 'sint': {
      const value = reader.varint();
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    case 'double':
      return reader.double();
    case 'fixed64':
      reader.doubleInto(float, 0);
      return String(bits.getBigInt64(0, true));
    case 'bytes': {
      const { start, end } = reader.range();
      return Buffer.from(reader.bytes.subarray(start, end)).toString('base64');
    }
  }
}
