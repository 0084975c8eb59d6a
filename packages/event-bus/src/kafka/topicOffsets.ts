import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';

const ATTEMPTS = 20;
const PAUSE_MS = 250;

/** First and last offset (exclusive) of each partition; asks again while a topic that was just made has no leader yet. */
export async function topicOffsets(
  admin: Pick<Admin, 'fetchTopicOffsets'>,
  topic: string,
): Promise<{ partition: number; low: bigint; high: bigint }[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
        partition,
        low: BigInt(low),
        high: BigInt(high),
      }));
    } catch (error) {
      if (attempt === ATTEMPTS || !isRetriable(error)) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/** As kafkajs marks its errors. */
function isRetriable(error: unknown): boolean {
  return error instanceof Error && 'retriable' in error && error.retriable === true;
}
