import { expect, test } from 'vitest';
import { ScrapeTargets } from './scrapeTargets.ts';

test('targets expose their series, each once, with values of their own, and count what they served', async () => {
  await using targets = await ScrapeTargets.start(1000);
  const port = /127\.0\.0\.1:(\d+)/.exec(targets.config(2, 5))?.[1];
  const bodyOf = async (target: number): Promise<string[]> => {
    const answer = await fetch(`http://127.0.0.1:${port}/target/${target}`);
    return (await answer.text()).trimEnd().split('\n');
  };
  const [first, second] = [await bodyOf(0), await bodyOf(1)];
  const names = (lines: string[]): Set<string> => new Set(lines.map((line) => line.split(' ')[0]!));
  expect(names(first).size).toBe(1000);
  expect(names(second)).toEqual(names(first));
  expect(second[0]).not.toBe(first[0]);
  expect(targets.served).toBe(2);
});
