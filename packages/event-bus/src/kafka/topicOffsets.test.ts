import { expect, it } from 'vitest';
import { topicOffsets } from './topicOffsets.ts';

it('asks again while a partition has no leader, and passes on what time does not mend', async () => {
  let calls = 0;
  const fetchTopicOffsets = async () => {
    if (++calls < 3) throw Object.assign(new Error('not the leader'), { retriable: true });
    return [{ partition: 0, offset: '9', low: '2', high: '9' }];
  };
  expect(await topicOffsets({ fetchTopicOffsets }, 'new')).toEqual([{ partition: 0, low: 2n, high: 9n }]);
  const refused = async () => {
    throw Object.assign(new Error('not allowed'), { retriable: false });
  };
  await expect(topicOffsets({ fetchTopicOffsets: refused }, 'secret')).rejects.toThrow('not allowed');
});
