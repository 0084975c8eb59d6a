import { Worker } from 'node:worker_threads';

/** What is sent when the process ends. */
export interface ExitPush {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Attempts end at this deadline. */
  readonly timeoutMs: number;
}

/**
 * Sends while the process ends, when no asynchronous work runs any more: a worker thread makes the request and
 * this thread waits for it, at most `timeoutMs`. Returns whether the server took it.
 */
export function pushAtExit(push: ExitPush): boolean {
  const state = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(WORKER_SOURCE, {
    eval: true,
    workerData: { ...push, state },
    execArgv: [],
    env: {},
    stdout: true,
    stderr: true,
  });
  worker.unref();
  Atomics.wait(state, 0, 0, push.timeoutMs);
  return Atomics.load(state, 0) === 1;
}

// Text and not a file of its own, so that a bundler has nothing to find.
const WORKER_SOURCE = `
const { workerData: { url, headers, body, timeoutMs, state } } = require('node:worker_threads');
const { request } = require(url.startsWith('https:') ? 'node:https' : 'node:http');
const deadlineMs = Date.now() + timeoutMs;
const finish = (result) => { Atomics.store(state, 0, result); Atomics.notify(state, 0); };
const attempt = (waitMs) => {
  let settled = false;
  const settle = (isDone) => {
    if (settled) return;
    settled = true;
    if (isDone) finish(1);
    else if (Date.now() + waitMs >= deadlineMs) finish(2);
    else setTimeout(attempt, waitMs, waitMs * 2);
  };
  const outgoing = request(
    url,
    { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) }, agent: false },
    (response) => { response.resume(); settle(response.statusCode >= 200 && response.statusCode < 300); },
  );
  outgoing.setTimeout(Math.max(1, deadlineMs - Date.now()), () => outgoing.destroy());
  outgoing.on('error', () => settle(false));
  outgoing.on('close', () => settle(false));
  outgoing.end(body);
};
attempt(50);
`;
