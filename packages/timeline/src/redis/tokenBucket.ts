/** A bucket that refills steadily up to one second's worth, on a monotonic clock in milliseconds. */
export class TokenBucket {
  readonly #ratePerSecond: number;
  readonly #now: () => number;
  #tokens: number;
  #refilledAt: number;

  constructor(ratePerSecond: number, now: () => number = () => performance.now()) {
    this.#ratePerSecond = ratePerSecond;
    this.#now = now;
    this.#tokens = ratePerSecond;
    this.#refilledAt = now();
  }

  /** Takes up to `wanted` whole tokens and returns how many there were. */
  take(wanted: number): number {
    this.#refill();
    const taken = Math.min(wanted, Math.floor(this.#tokens));
    this.#tokens -= taken;
    return taken;
  }

  /** Takes `wanted` tokens or none. */
  takeAll(wanted: number): boolean {
    this.#refill();
    if (this.#tokens < wanted) return false;
    this.#tokens -= wanted;
    return true;
  }

  /** Milliseconds until at least one token is there. */
  get waitMs(): number {
    this.#refill();
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#ratePerSecond) * 1000);
  }

  #refill(): void {
    const now = this.#now();
    const gained = ((now - this.#refilledAt) / 1000) * this.#ratePerSecond;
    this.#tokens = Math.min(this.#ratePerSecond, this.#tokens + gained);
    this.#refilledAt = now;
  }
}
