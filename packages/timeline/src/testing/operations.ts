import type { Operation } from '../contract.ts';

// Operations as tests write them.

export const insert = (score: number, member: string, key = 'k'): Operation => ({
  kind: 'insert',
  key,
  score,
  member,
});

export const remove = (score: number, member: string, key = 'k'): Operation => ({
  kind: 'delete',
  key,
  score,
  member,
});
