import type { Clock } from '@binnacle/service-kit';
import type { FarmStore, WalkResult } from '@binnacle/timeline';

export interface WalkerOptions {
  readonly store: Pick<FarmStore, 'walk'>;
  /** Between the end of one walk and the next. */
  readonly intervalMs: number;
  readonly keysPerSecond: number;
  readonly batchSize: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onWalked: (result: WalkResult) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Walks the farm again and again, repairing what no read would find. Resolves when the signal is aborted. */
export async function keepWalking({
  store,
  intervalMs,
  keysPerSecond,
  batchSize,
  clock,
  signal,
  onWalked,
  onFailure,
}: WalkerOptions): Promise<void> {
  while (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const cancel = clock.setTimer(resolve, intervalMs);
      signal.addEventListener(
        'abort',
        () => {
          cancel();
          resolve();
        },
        { once: true },
      );
    });
    if (signal.aborted) return;
    try {
      onWalked(await store.walk({ keysPerSecond, batchSize, signal }));
    } catch (error) {
      onFailure(error);
    }
  }
}
