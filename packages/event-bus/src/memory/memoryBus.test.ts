import { describe } from 'vitest';
import { busContract } from '../testing/busContract.ts';
import { MemoryBus } from './memoryBus.ts';

describe('the bus in memory', () => {
  const backoff = { firstMs: 1, longestMs: 5 };
  busContract(async () => {
    return { open: () => new MemoryBus({ backoff }), [Symbol.asyncDispose]: async () => Promise.resolve() };
  });
});
