/** The times at which an expression is evaluated: `count` steps from `startMs`, `stepMs` apart. */
export interface Grid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

export function timeAt(grid: Grid, step: number): number {
  return grid.startMs + step * grid.stepMs;
}

export function lastTime(grid: Grid): number {
  return timeAt(grid, grid.count - 1);
}
