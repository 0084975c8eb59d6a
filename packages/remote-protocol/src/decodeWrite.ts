import { RemoteProtocolError } from './errors.ts';
import { readHistogram } from './histogramCodec.ts';
import { ProtoReader } from './protoReader.ts';
import { labelsOfBytes, labelsOfRefs, METRIC_TYPES, symbolAt, type WriteBatch } from './writeBatch.ts';

/** What one request may hold. */
export interface WriteLimits {
  readonly maxSeries: number;
  readonly maxSamples: number;
}

const DEFAULT_LIMITS: WriteLimits = { maxSeries: 500_000, maxSamples: 5_000_000 };

/**
 * Decodes a remote write 1.0 request (`prometheus.WriteRequest`, already decompressed) into the batch.
 * Throws RemoteProtocolError.
 */
export function decodeWriteV1(
  body: Uint8Array,
  batch: WriteBatch,
  limits: WriteLimits = DEFAULT_LIMITS,
): void {
  batch.reset(body, undefined);
  const reader = new ProtoReader(body);
  while (reader.next()) {
    if (reader.field === 1 && reader.wireType === 2) {
      const outer = reader.enter();
      readSeriesV1(reader, batch);
      reader.leave(outer);
      checkLimits(batch, limits);
    } else if (reader.field === 3 && reader.wireType === 2) {
      const outer = reader.enter();
      readMetadataV1(reader, batch);
      reader.leave(outer);
    } else {
      reader.skip();
    }
  }
}

/**
 * Decodes a remote write 2.0 request (`io.prometheus.write.v2.Request`, already decompressed) into the batch.
 * Throws RemoteProtocolError.
 */
export function decodeWriteV2(
  body: Uint8Array,
  batch: WriteBatch,
  limits: WriteLimits = DEFAULT_LIMITS,
): void {
  const symbols: string[] = [];
  const first = new ProtoReader(body);
  while (first.next()) {
    if (first.field === 4 && first.wireType === 2) symbols.push(first.string());
    else first.skip();
  }
  if (symbols.length > 0 && symbols[0] !== '') {
    throw new RemoteProtocolError(
      'REMOTE_BAD_PROTOBUF',
      `expected an empty first symbol, found ${JSON.stringify(symbols[0])}`,
    );
  }
  batch.reset(body, symbols);
  const reader = new ProtoReader(body);
  while (reader.next()) {
    if (reader.field !== 5 || reader.wireType !== 2) {
      reader.skip();
      continue;
    }
    const outer = reader.enter();
    readSeriesV2(reader, batch, symbols);
    reader.leave(outer);
    checkLimits(batch, limits);
  }
}

function readSeriesV1(reader: ProtoReader, batch: WriteBatch): void {
  const series = batch.seriesCount;
  let fieldStart = reader.position;
  let hasLabels = false;
  batch.startSeries(fieldStart);
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        // Labels come first and one behind the other, so their bytes with tags are one range.
        if (!hasLabels) batch.labelStart[series] = fieldStart;
        hasLabels = true;
        reader.skip();
        batch.labelEnd[series] = reader.position;
        break;
      case 2:
        readSample(reader, batch);
        break;
      case 3: {
        const outer = reader.enter();
        readExemplarV1(reader, batch, series);
        reader.leave(outer);
        break;
      }
      case 4: {
        const outer = reader.enter();
        batch.histograms.push({ series, ...readHistogram(reader) });
        reader.leave(outer);
        break;
      }
      default:
        reader.skip();
    }
    fieldStart = reader.position;
  }
  batch.endSeries();
}

function readSeriesV2(reader: ProtoReader, batch: WriteBatch, symbols: readonly string[]): void {
  const series = batch.seriesCount;
  let family = '';
  batch.startSeries(0);
  while (reader.next()) {
    switch (reader.field) {
      case 1: {
        const { start, end } = reader.range();
        batch.labelStart[series] = start;
        batch.labelEnd[series] = end;
        break;
      }
      case 2:
        readSample(reader, batch);
        break;
      case 3: {
        const outer = reader.enter();
        batch.histograms.push({ series, ...readHistogram(reader) });
        reader.leave(outer);
        break;
      }
      case 4: {
        const outer = reader.enter();
        readExemplarV2(reader, batch, series, symbols);
        reader.leave(outer);
        break;
      }
      case 5: {
        const outer = reader.enter();
        family ||= labelsOfRefs(batch.body, batch.labelStart[series]!, batch.labelEnd[series]!, symbols).get(
          '__name__',
        );
        readMetadataV2(reader, batch, symbols, family);
        reader.leave(outer);
        break;
      }
      default:
        reader.skip();
    }
  }
  batch.endSeries();
}

function readSample(reader: ProtoReader, batch: WriteBatch): void {
  const outer = reader.enter();
  const index = batch.addSample();
  while (reader.next()) {
    if (reader.field === 1 && reader.wireType === 1) reader.doubleInto(batch.values, index);
    else if (reader.field === 2 && reader.wireType === 0) batch.timestamps[index] = reader.int64();
    else if (reader.field === 3 && reader.wireType === 0) {
      batch.startTimestamps[index] = reader.int64();
      batch.hasStartTimestamps = true;
    } else reader.skip();
  }
  reader.leave(outer);
}

function readExemplarV1(reader: ProtoReader, batch: WriteBatch, series: number): void {
  const start = reader.position;
  let labelEnd = start;
  let value = 0;
  let timestampMs = 0;
  while (reader.next()) {
    if (reader.field === 1) {
      reader.skip();
      labelEnd = reader.position;
    } else if (reader.field === 2 && reader.wireType === 1) value = reader.double();
    else if (reader.field === 3 && reader.wireType === 0) timestampMs = reader.int64();
    else reader.skip();
  }
  batch.exemplars.push({ series, labels: labelsOfBytes(batch.body, start, labelEnd), value, timestampMs });
}

function readExemplarV2(
  reader: ProtoReader,
  batch: WriteBatch,
  series: number,
  symbols: readonly string[],
): void {
  let range = { start: 0, end: 0 };
  let value = 0;
  let timestampMs = 0;
  while (reader.next()) {
    if (reader.field === 1 && reader.wireType === 2) range = reader.range();
    else if (reader.field === 2 && reader.wireType === 1) value = reader.double();
    else if (reader.field === 3 && reader.wireType === 0) timestampMs = reader.int64();
    else reader.skip();
  }
  batch.exemplars.push({
    series,
    labels: labelsOfRefs(batch.body, range.start, range.end, symbols),
    value,
    timestampMs,
  });
}

function readMetadataV1(reader: ProtoReader, batch: WriteBatch): void {
  let type = 0;
  let family = '';
  let help = '';
  let unit = '';
  while (reader.next()) {
    if (reader.field === 1 && reader.wireType === 0) type = reader.varint();
    else if (reader.field === 2 && reader.wireType === 2) family = reader.string();
    else if (reader.field === 4 && reader.wireType === 2) help = reader.string();
    else if (reader.field === 5 && reader.wireType === 2) unit = reader.string();
    else reader.skip();
  }
  batch.metadata.push({ family, type: METRIC_TYPES[type] ?? 'unknown', help, unit });
}

function readMetadataV2(
  reader: ProtoReader,
  batch: WriteBatch,
  symbols: readonly string[],
  family: string,
): void {
  let type = 0;
  let help = '';
  let unit = '';
  while (reader.next()) {
    if (reader.field === 1 && reader.wireType === 0) type = reader.varint();
    else if (reader.field === 3 && reader.wireType === 0) help = symbolAt(symbols, reader.varint());
    else if (reader.field === 4 && reader.wireType === 0) unit = symbolAt(symbols, reader.varint());
    else reader.skip();
  }
  batch.metadata.push({ family, type: METRIC_TYPES[type] ?? 'unknown', help, unit });
}

function checkLimits(batch: WriteBatch, limits: WriteLimits): void {
  if (batch.seriesCount > limits.maxSeries) {
    throw new RemoteProtocolError(
      'REMOTE_TOO_LARGE',
      `expected at most ${limits.maxSeries} series in one request, found more`,
    );
  }
  if (batch.sampleCount > limits.maxSamples) {
    throw new RemoteProtocolError(
      'REMOTE_TOO_LARGE',
      `expected at most ${limits.maxSamples} samples in one request, found more`,
    );
  }
}
