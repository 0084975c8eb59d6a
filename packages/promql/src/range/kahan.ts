/**
 * A running sum that keeps what rounding loses (Kahan and Babuska, in Neumaier's form), as Prometheus sums. For loops
 * over rows, where an object per sum is too much, `kahanLost` gives the next `lost` for two arrays.
 */
export class KahanSum {
  sum = 0;
  lost = 0;

  add(x: number): void {
    const sum = this.sum + x;
    this.lost = kahanLost(this.sum, this.lost, x, sum);
    this.sum = sum;
  }

  /** The sum with what was lost; an infinite sum has lost nothing. */
  get total(): number {
    return this.sum === Infinity || this.sum === -Infinity ? this.sum : this.sum + this.lost;
  }
}

/** What has been lost after `x` was added to `before` and gave `after`. */
export function kahanLost(before: number, lost: number, x: number, after: number): number {
  if (after === Infinity || after === -Infinity) return 0;
  return Math.abs(before) >= Math.abs(x) ? lost + (before - after + x) : lost + (x - after + before);
}
