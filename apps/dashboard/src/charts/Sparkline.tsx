import styles from './Sparkline.module.css';

const HEIGHT = 100;
/** Even one occurrence among thousands leaves a mark. */
const SMALLEST = 8;

/** Counts per bucket as bars over the page's time axis. Decoration: the numbers stand beside it in words. */
export function Sparkline({
  counts,
  tall = false,
}: {
  readonly counts: readonly number[];
  readonly tall?: boolean;
}) {
  return (
    <svg
      className={styles['sparkline']}
      data-tall={tall}
      viewBox={`0 0 ${Math.max(1, counts.length)} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      <path d={barsPath(counts)} />
    </svg>
  );
}

/** One SVG path of bars, one unit wide each, scaled to the highest. */
export function barsPath(counts: readonly number[]): string {
  const highest = Math.max(...counts, 1);
  let path = '';
  counts.forEach((count, index) => {
    if (count <= 0) return;
    const height = Math.max(SMALLEST, Math.round((count / highest) * HEIGHT));
    path += `M${index + 0.1} ${HEIGHT}v-${height}h.8v${height}z`;
  });
  return path;
}
