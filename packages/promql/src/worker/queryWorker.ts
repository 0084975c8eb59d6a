import { parentPort } from 'node:worker_threads';
import { Engine } from '../engine/engine.ts';
import { QueryError } from '../engine/queryError.ts';
import { encodeResponse } from '../json/encode.ts';
import type { Queryable } from '../storage.ts';
import { toPlain, type WorkAnswer, type WorkRequest } from './messages.ts';

/** What the module of a shareable store exports. */
interface Opener {
  openShared(handle: unknown): Queryable;
}

if (parentPort === null) throw new Error('this module runs as a worker thread; QueryRunner starts it');
const port = parentPort;

port.on('message', (request: WorkRequest) => {
  void answer(request).then((reply) => {
    port.postMessage(reply, reply.type === 'json' ? [reply.body.buffer] : []);
  });
});

async function answer(request: WorkRequest): Promise<WorkAnswer> {
  try {
    const { openShared } = (await import(request.openerModule)) as Opener;
    const store = openShared(request.handle);
    const engine = new Engine(request.options);
    const { query } = request;
    const result = 'timeMs' in query ? engine.instant(store, query) : engine.range(store, query);
    if (!request.asJson) return { type: 'result', result: toPlain(result) };
    return { type: 'json', body: transferable(encodeResponse(result)) };
  } catch (error) {
    if (error instanceof QueryError) {
      return { type: 'queryError', code: error.code, message: error.message };
    }
    return {
      type: 'failure',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

/** The bytes in a memory block of their own, which can go to another thread. Small buffers share one. */
function transferable(body: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = body;
  const isOwn = buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize;
  return isOwn ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(body);
}
