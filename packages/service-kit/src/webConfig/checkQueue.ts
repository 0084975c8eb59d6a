import { compare } from 'bcryptjs';

const MAX_WAITING = 32;

/** Too many passwords wait to be checked. */
export class CheckQueueFullError extends Error {
  readonly code = 'TOO_MANY_ATTEMPTS';
}

/**
 * Runs bcrypt one comparison at a time, and rests after a wrong one for as long as it took: guessing takes at
 * most half of the processor from the server. Further comparisons than the queue holds are refused.
 */
export class CheckQueue {
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  readonly #underWay = new Map<string, Promise<boolean>>();

  /** True when the password is that of the hash. The same question asked meanwhile shares the answer. */
  run(password: string, hash: string): Promise<boolean> {
    const key = JSON.stringify([password, hash]);
    const same = this.#underWay.get(key);
    if (same !== undefined) return same;
    if (this.#waiting >= MAX_WAITING) return Promise.reject(new CheckQueueFullError('too many attempts'));
    this.#waiting += 1;
    const result = this.#last.then(() => compare(password, hash));
    const startedAt = this.#last.then(() => performance.now());
    this.#underWay.set(key, result);
    this.#last = result.then(async (matches) => {
      this.#waiting -= 1;
      this.#underWay.delete(key);
      if (!matches) await rest(performance.now() - (await startedAt));
    });
    return result;
  }
}

function rest(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs).unref();
  });
}
