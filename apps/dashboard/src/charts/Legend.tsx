import { plural } from '../time/format.ts';
import styles from './LineChart.module.css';

/** One series of a legend. */
export interface LegendEntry {
  readonly name: string;
  readonly colour: string;
  readonly dash: string;
  readonly value: number | null;
}

/**
 * The series of a chart with their values at the cursor, or the last ones. A click hides or shows a series; with Alt
 * it shows that one alone.
 */
export function Legend({
  label,
  entries,
  moment,
  left,
  format,
  hidden,
  onHide,
}: {
  readonly label: string;
  readonly entries: readonly LegendEntry[];
  /** Which moment the values are of. */
  readonly moment: string;
  /** Series that are not drawn. */
  readonly left: number;
  readonly format: (value: number) => string;
  readonly hidden: ReadonlySet<string> | undefined;
  readonly onHide: ((names: ReadonlySet<string>) => void) | undefined;
}) {
  const toggle = (name: string, alone: boolean): void => {
    const others = entries.map((entry) => entry.name).filter((other) => other !== name);
    if (alone) {
      const isAlone = others.every((other) => hidden?.has(other));
      onHide?.(new Set(isAlone ? [] : others));
      return;
    }
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    onHide?.(next);
  };
  return (
    <div className={styles['legend']}>
      <ul aria-label={`Series of ${label}`}>
        {entries.map(({ name, colour, dash, value }) => {
          const content = (
            <>
              <i style={{ borderTopColor: colour }} data-dashed={dash !== ''} />
              <span>{name}</span>
              <small>{value === null ? '–' : format(value)}</small>
            </>
          );
          return (
            <li key={name}>
              {onHide === undefined ? (
                <span className={styles['entry']}>{content}</span>
              ) : (
                <button
                  type="button"
                  className={styles['entry']}
                  aria-pressed={hidden?.has(name) !== true}
                  title="Hide or show; with Alt, this one alone"
                  onClick={(event) => toggle(name, event.altKey)}
                >
                  {content}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      <p className={styles['moment']} aria-hidden="true">
        {moment}
      </p>
      {left > 0 && <p className={styles['left']}>{plural(left, 'more series', 'more series')} not drawn.</p>}
    </div>
  );
}
