/** A running sum with what rounding has lost of it (Kahan-Babuska, Neumaier's variant). */
export class CompensatedSum {
  value: number;
  lost = 0;

  constructor(value: number) {
    this.value = value;
  }

  add(x: number, compensated: boolean): void {
    const sum = this.value + x;
    if (compensated && Number.isFinite(sum)) {
      this.lost += Math.abs(this.value) >= Math.abs(x) ? this.value - sum + x : x - sum + this.value;
    } else if (compensated) this.lost = 0;
    this.value = sum;
  }

  scale(factor: number): void {
    this.value *= factor;
    this.lost = Number.isFinite(this.value) ? this.lost * factor : 0;
  }

  divide(divisor: number): void {
    this.value /= divisor;
    this.lost = Number.isFinite(this.value) ? this.lost / divisor : 0;
  }

  get total(): number {
    return this.value + this.lost;
  }

  copy(): CompensatedSum {
    const sum = new CompensatedSum(this.value);
    sum.lost = this.lost;
    return sum;
  }
}
