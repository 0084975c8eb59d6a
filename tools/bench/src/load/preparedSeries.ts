import type { Labels } from '@binnacle/model';
import { encodeWriteV1 } from '@binnacle/remote-protocol';

const NO_SAMPLES = new Float64Array(0);
/** A float of 8 bytes and a time of 6, each behind its field number: milliseconds from 2004 to 2109 take 6 bytes. */
const SAMPLE_BYTES = 16;
const MAX_VARINT = 5;

/**
 * Writes remote write 1.0 requests of one sample a series. Labels are encoded once: a load generator that shares the
 * machine with the server must cost little beside it.
 */
export class PreparedSeries {
  /** Encoded labels of every series, one after the other. */
  readonly #labels: Uint8Array;
  readonly #ends: Uint32Array;
  readonly #body: Buffer;

  constructor(series: readonly Labels[], perRequest: number) {
    const encoded = series.map(encodedLabels);
    this.#labels = Buffer.concat(encoded);
    this.#ends = new Uint32Array(series.length);
    let end = 0;
    let longest = 0;
    encoded.forEach((bytes, i) => {
      this.#ends[i] = end += bytes.length;
      longest = Math.max(longest, bytes.length);
    });
    this.#body = Buffer.alloc(perRequest * (longest + SAMPLE_BYTES + 2 + MAX_VARINT + 1));
  }

  /** The request of the series `from` to before `to`. It is overwritten by the next one. */
  request(from: number, to: number, timeMs: number, values: Float64Array): Uint8Array {
    const body = this.#body;
    const high = Math.floor(timeMs / 2 ** 21);
    const low = timeMs % 2 ** 21;
    let at = 0;
    for (let i = from; i < to; i++) {
      const start = i === 0 ? 0 : this.#ends[i - 1]!;
      const length = this.#ends[i]! - start;
      body[at++] = 0x0a;
      at = putVarint(body, at, length + SAMPLE_BYTES + 2);
      body.set(this.#labels.subarray(start, start + length), at);
      at += length;
      body[at++] = 0x12;
      body[at++] = SAMPLE_BYTES;
      body[at++] = 0x09;
      at = body.writeDoubleLE(values[i]!, at);
      body[at++] = 0x10;
      for (const part of [low & 127, (low >> 7) & 127, low >> 14, high & 127, (high >> 7) & 127]) {
        body[at++] = part | 128;
      }
      body[at++] = high >> 14;
    }
    return body.subarray(0, at);
  }
}

/** The fields of a series that hold its labels: those of a request without samples, behind its tag and length. */
function encodedLabels(labels: Labels): Uint8Array {
  const request = encodeWriteV1([{ labels, timestamps: NO_SAMPLES, values: NO_SAMPLES }]);
  let at = 1;
  while (request[at]! >= 128) at++;
  return request.slice(at + 1);
}

function putVarint(body: Uint8Array, at: number, value: number): number {
  let rest = value;
  while (rest >= 128) {
    body[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  body[at++] = rest;
  return at;
}
