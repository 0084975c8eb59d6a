export { decodeWriteV1, decodeWriteV2, type WriteLimits } from './decodeWrite.ts';
export { encodeWriteV1, encodeWriteV2, type OutgoingSeries } from './encodeWrite.ts';
export { RemoteProtocolError, type RemoteProtocolErrorCode } from './errors.ts';
export type { DecodedHistogram } from './histogramCodec.ts';
export {
  decodeReadRequest,
  decodeReadResponse,
  encodeReadRequest,
  encodeReadResponse,
  type ReadQuery,
  type ReadRequest,
  type ReadSeries,
} from './remoteRead.ts';
export { ProtoReader } from './protoReader.ts';
export { ProtoWriter } from './protoWriter.ts';
export { compress, decompress } from './snappy.ts';
export {
  labelsOfBytes,
  WriteBatch,
  type WriteExemplar,
  type WriteHistogram,
  type WriteMetadata,
} from './writeBatch.ts';
