import { expect, it } from 'vitest';
import { progressLine, startProgress } from './progress.ts';

it('says how far, how fast and how long still', () => {
  expect(progressLine('importing', 50e6, 200e6, 'B', 10)).toBe(
    'importing [######------------------] 25 %  5 MB/s  30s left',
  );
  expect(progressLine('x', 30, 100, '%', 60)).toBe(
    'x [#######-----------------] 30 %  0.50 %/s  2m 20s left',
  );
  expect(progressLine('x', 1, 10_000, 'series', 1)).toContain('2h 46m left');
  expect(progressLine('x', 0, 10, 'B', 0)).toBe('x [------------------------] 0 %  0 B/s');
  expect(progressLine('x', 12, 10, 'B', 1)).toContain('100 %');
  expect(progressLine('x', 1500, 0, 'series', 3)).toBe('x  1.5k series  500 series/s');
});

it('draws one line again on a terminal and takes it away, and writes lines elsewhere', () => {
  const shown = (isTerminal: boolean): string => {
    let text = '';
    let clock = 0;
    const output = {
      isTerminal,
      columns: 20,
      write: (more: string) => void (text += more),
      now: () => clock,
    };
    const progress = startProgress(output, 'importing', 100, '%');
    for (let done = 0; done <= 100; done += 25) {
      progress.update(done);
      clock += 6000;
    }
    progress.end();
    return text;
  };
  expect(shown(true).split('\r\x1b[K')).toEqual([
    '',
    ...Array.from({ length: 4 }, () => expect.stringMatching(/^importing \[/)),
    '',
  ]);
  // The line is as wide as the terminal, less one.
  for (const line of shown(true).split('\r\u001b[K')) expect(line.length).toBeLessThan(20);
  expect(shown(false).split('\n')).toHaveLength(3);
});

it('says nothing of what is done at once', () => {
  let text = '';
  const output = {
    isTerminal: true,
    columns: 80,
    write: (more: string) => void (text += more),
    now: () => 100,
  };
  const progress = startProgress(output, 'x', 2, 'B');
  progress.update(1);
  progress.end();
  expect(text).toBe('');
});
