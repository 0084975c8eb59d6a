export { compress, decompress } from './snappy.ts';
export { RemoteProtocolError, type RemoteProtocolErrorCode } from './errors.ts';
