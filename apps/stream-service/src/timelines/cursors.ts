import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { bufferOf, bytesOf, type MergedPosition } from '@binnacle/timeline';
import { StreamError } from '../errors.ts';

/** Where a page of a merged timeline begins, and in which direction it goes. */
export interface PageStart {
  readonly direction: 'next' | 'prev';
  readonly position: MergedPosition;
}

const SIGNATURE_BYTES = 16;

/** Makes cursors that only this server made, and only for the question they were given for. */
export class Cursors {
  readonly #secret: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** A cursor as an opaque text; `question` is what was asked: keys, filters, reader. */
  encode({ direction, position }: PageStart, question: string): string {
    const { score, member, key } = position;
    const text = JSON.stringify([
      direction === 'next' ? 0 : 1,
      score,
      bufferOf(member).toString('base64url'),
      key === undefined ? null : bufferOf(key).toString('base64url'),
    ]);
    return Buffer.concat([this.#sign(text, question), Buffer.from(text)]).toString('base64url');
  }

  /** Throws STREAM_BAD_CURSOR for a cursor that was changed or belongs to another question. */
  decode(cursor: string, question: string): PageStart {
    const bytes = Buffer.from(cursor, 'base64url');
    const text = bytes.toString('utf8', SIGNATURE_BYTES);
    const signature = bytes.subarray(0, SIGNATURE_BYTES);
    if (
      bytes.length <= SIGNATURE_BYTES ||
      cursor !== bytes.toString('base64url') ||
      !timingSafeEqual(signature, this.#sign(text, question))
    ) {
      const message =
        'expected a cursor of this server for the same keys and filters; start again without one';
      throw new StreamError('STREAM_BAD_CURSOR', message);
    }
    const [direction, score, member, key] = JSON.parse(text) as [number, number, string, string | null];
    return {
      direction: direction === 0 ? 'next' : 'prev',
      position: {
        score,
        member: bytesOf(Buffer.from(member, 'base64url')),
        ...(key === null ? {} : { key: bytesOf(Buffer.from(key, 'base64url')) }),
      },
    };
  }

  #sign(text: string, question: string): Buffer {
    const signed = `${hash('sha256', question)}\0${text}`;
    return createHmac('sha256', this.#secret).update(signed).digest().subarray(0, SIGNATURE_BYTES);
  }
}
