/** Where progress is shown: the standard error. */
export interface ProgressOutput {
  /** A terminal gets a line that is drawn again and again; anything else a line now and then. */
  readonly isTerminal: boolean;
  readonly columns: number;
  write(text: string): void;
  now(): number;
}

/** Shows how far work is, how fast it goes and how long it will take. */
export interface Progress {
  /** How much is done, in the unit of the total. */
  update(done: number): void;
  /** Takes the line away. */
  end(): void;
}

const REDRAW_MS = 100;
const LINE_MS = 10_000;
const BAR_WIDTH = 24;
/** Work that is done before this needs no line. */
const QUIET_MS = 500;

export function startProgress(output: ProgressOutput, what: string, total: number, unit: string): Progress {
  const startMs = output.now();
  let shownMs = startMs + (output.isTerminal ? QUIET_MS - REDRAW_MS : 0);
  let isDrawn = false;
  return {
    update: (done) => {
      const nowMs = output.now();
      if (nowMs - shownMs < (output.isTerminal ? REDRAW_MS : LINE_MS)) return;
      shownMs = nowMs;
      const line = progressLine(what, done, total, unit, (nowMs - startMs) / 1000);
      if (output.isTerminal) output.write(`\r\x1b[K${line.slice(0, output.columns - 1)}`);
      else output.write(`${line}\n`);
      isDrawn = output.isTerminal;
    },
    end: () => {
      if (isDrawn) output.write('\r\x1b[K');
      isDrawn = false;
    },
  };
}

/** As in `importing [######------] 50 %  12 MB/s  3s left`. */
export function progressLine(
  what: string,
  done: number,
  total: number,
  unit: string,
  elapsedSeconds: number,
): string {
  const rate = elapsedSeconds > 0 ? done / elapsedSeconds : 0;
  if (total <= 0) return `${what}  ${amount(done, unit)}  ${amount(rate, unit)}/s`;
  const share = Math.min(1, done / total);
  const filled = Math.floor(share * BAR_WIDTH);
  const bar = '#'.repeat(filled) + '-'.repeat(BAR_WIDTH - filled);
  const left = rate > 0 ? `  ${spanText((total - Math.min(done, total)) / rate)} left` : '';
  return `${what} [${bar}] ${Math.floor(share * 100)} %  ${amount(rate, unit)}/s${left}`;
}

function amount(value: number, unit: string): string {
  const [size, prefix] =
    value >= 1e9 ? [1e9, 'G'] : value >= 1e6 ? [1e6, 'M'] : value >= 1e3 ? [1e3, 'k'] : [1, ''];
  const number = value / size;
  const text = number >= 100 || Number.isInteger(number) ? number.toFixed(0) : number.toPrecision(2);
  return unit === 'B' ? `${text} ${prefix}B` : `${text}${prefix} ${unit}`;
}

function spanText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
}
