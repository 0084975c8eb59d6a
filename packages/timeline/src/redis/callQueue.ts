import { TimelineError } from '../errors.ts';

export interface CallQueueOptions<Request, Reply> {
  /** Calls under way at once; requests that come meanwhile share the next call. */
  readonly maxInFlight: number;
  /** Size of the requests that share a call. */
  readonly maxCallSize: number;
  /** Size of the requests that wait; beyond it they are refused with OVERLOADED. */
  readonly maxQueuedSize: number;
  /** One call for all these requests; replies in their order. */
  readonly send: (requests: readonly Request[]) => Promise<readonly Reply[]>;
}

interface Waiting<Request, Reply> {
  readonly request: Request;
  readonly size: number;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: unknown) => void;
}

/** Lets concurrent requests share calls: the fuller the pipe, the larger the calls. */
export class CallQueue<Request, Reply> {
  readonly #options: CallQueueOptions<Request, Reply>;
  #waiting: Waiting<Request, Reply>[] = [];
  #queuedSize = 0;
  #inFlight = 0;
  #scheduled = false;

  constructor(options: CallQueueOptions<Request, Reply>) {
    this.#options = options;
  }

  add(request: Request, size: number): Promise<Reply> {
    if (this.#queuedSize > 0 && this.#queuedSize + size > this.#options.maxQueuedSize) {
      return Promise.reject(
        new TimelineError(
          'OVERLOADED',
          `${this.#queuedSize} operations or keys wait for the replica; try again later`,
        ),
      );
    }
    this.#queuedSize += size;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, size, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      // After the requests of this turn, so that they share the call.
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#flush();
      });
    });
  }

  /** Refuses everything that waits. */
  rejectAll(error: TimelineError): void {
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting = [];
    this.#queuedSize = 0;
  }

  #flush(): void {
    while (this.#waiting.length > 0 && this.#inFlight < this.#options.maxInFlight)
      void this.#call(this.#nextGroup());
  }

  #nextGroup(): Waiting<Request, Reply>[] {
    let size = this.#waiting[0]!.size;
    let count = 1;
    for (; count < this.#waiting.length; count++) {
      size += this.#waiting[count]!.size;
      if (size > this.#options.maxCallSize) {
        size -= this.#waiting[count]!.size;
        break;
      }
    }
    this.#queuedSize -= size;
    return this.#waiting.splice(0, count);
  }

  async #call(group: readonly Waiting<Request, Reply>[]): Promise<void> {
    this.#inFlight++;
    try {
      const replies = await this.#options.send(group.map(({ request }) => request));
      group.forEach(({ resolve }, i) => resolve(replies[i]!));
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      this.#inFlight--;
      this.#flush();
    }
  }
}
