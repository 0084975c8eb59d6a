import { Popover } from 'radix-ui';
import { useState, type SyntheticEvent } from 'react';
import { Button } from '../components/Button.tsx';
import { Icon } from '../components/Icon.tsx';
import { formatClock, formatDateTime } from '../time/format.ts';
import { parseRange } from '../time/parseRange.ts';
import {
  describeRange,
  freeze,
  isRelative,
  QUICK_RANGES,
  resolveRange,
  shift,
  zoomOut,
  type RangeText,
} from '../time/timeRange.ts';
import { useShortcuts } from '../keyboard/useShortcuts.ts';
import { recentRanges } from './recentRanges.ts';
import { useGlobalSearch } from './useGlobalSearch.ts';
import styles from './TimeRangePicker.module.css';

/** The one time picker of the app: free text first, then quick windows, recent ones, zone, shift, zoom and freeze. */
export function TimeRangePicker() {
  const [open, setOpen] = useState(false);
  const { window, zone, setRange, setZone } = useGlobalSearch();
  const range = (): ReturnType<typeof resolveRange> => resolveRange(window, Date.now(), zone);
  const name = (text: RangeText): string =>
    describeRange(text, (ms, withDate) =>
      withDate ? formatDateTime(ms, zone, false) : formatClock(ms, zone, false),
    );
  const choose = (next: RangeText): void => {
    setRange(next);
    setOpen(false);
  };
  const back = (): void => setRange(shift(range(), -1, Date.now()));
  const forward = (): void => setRange(shift(range(), 1, Date.now()));
  const wider = (): void => setRange(zoomOut(window, range(), Date.now()));
  const stop = (): void => setRange(freeze(range()));

  useShortcuts([
    { keys: 't p', label: 'Choose time range', run: () => setOpen(true) },
    { keys: 't ArrowLeft', label: 'Earlier by half a window', run: back },
    { keys: 't ArrowRight', label: 'Later by half a window', run: forward },
    { keys: 't z', label: 'Zoom out', run: wider },
    { keys: 't f', label: 'Freeze the window', run: stop },
  ]);

  return (
    <div className={styles['group']} role="group" aria-label="Time range">
      <Button
        className={styles['shift']}
        look="quiet"
        icon="chevron-left"
        aria-label="Earlier"
        title="Earlier (t ←)"
        onClick={back}
      />
      <Popover.Root open={open} onOpenChange={setOpen}>
        <Popover.Trigger asChild>
          <button
            type="button"
            className={styles['trigger']}
            aria-label={`Time range: ${name(window)}${zone === 'utc' ? ', UTC' : ''}`}
          >
            <Icon name="clock" />
            <span>{name(window)}</span>
            {zone === 'utc' && <small>UTC</small>}
          </button>
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Content
            className={styles['content']}
            align="end"
            sideOffset={6}
            collisionPadding={8}
            aria-label="Choose time range"
          >
            <FreeText zone={zone} onChoose={choose} />
            <div className={styles['columns']}>
              <div>
                <h3 className={styles['label']}>Last</h3>
                <ul className={styles['quick']}>
                  {QUICK_RANGES.map((span) => (
                    <li key={span}>
                      <button
                        type="button"
                        aria-pressed={window.from === `now-${span}` && window.to === 'now'}
                        onClick={() => choose({ from: `now-${span}`, to: 'now' })}
                      >
                        {span}
                      </button>
                    </li>
                  ))}
                </ul>
              </div>
              <Recent ranges={recentRanges()} name={name} onChoose={choose} />
            </div>
            <div className={styles['foot']}>
              <Button look="quiet" icon="zoom-out" onClick={wider} hint="t z">
                Zoom out
              </Button>
              <Button look="quiet" icon="freeze" disabled={!isRelative(window)} onClick={stop} hint="t f">
                Freeze
              </Button>
              <label className={styles['zone']}>
                <input
                  type="checkbox"
                  checked={zone === 'utc'}
                  onChange={(event) => setZone(event.target.checked ? 'utc' : 'local')}
                />
                UTC
              </label>
            </div>
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
      <Button
        className={styles['shift']}
        look="quiet"
        icon="chevron-right"
        aria-label="Later"
        title="Later (t →)"
        onClick={forward}
      />
    </div>
  );
}

function FreeText({
  zone,
  onChoose,
}: {
  readonly zone: 'local' | 'utc';
  readonly onChoose: (range: RangeText) => void;
}) {
  const [text, setText] = useState('');
  const [refused, setRefused] = useState(false);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const parsed = parseRange(text, Date.now(), zone);
    setRefused(parsed === null);
    if (parsed !== null) onChoose(parsed);
  };
  return (
    <form onSubmit={submit} className={styles['free']}>
      <label htmlFor="range-text" className={styles['label']}>
        Range
      </label>
      <input
        id="range-text"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setRefused(false);
        }}
        placeholder="6h, yesterday 14:00 to 15:30, now-2d/d"
        autoComplete="off"
        spellCheck={false}
        aria-invalid={refused}
        aria-describedby="range-help"
      />
      <p id="range-help" className={styles['help']} data-refused={refused} aria-live="polite">
        {refused
          ? 'Not a range. Try 6h, now-2d/d, today, 14:00 to 15:30, or two time stamps.'
          : 'Type a span, a day, clock times, or paste two time stamps; Enter.'}
      </p>
    </form>
  );
}

function Recent({
  ranges,
  name,
  onChoose,
}: {
  readonly ranges: readonly RangeText[];
  readonly name: (range: RangeText) => string;
  readonly onChoose: (range: RangeText) => void;
}) {
  if (ranges.length === 0) return null;
  return (
    <div>
      <h3 className={styles['label']}>Recent</h3>
      <ul className={styles['recent']}>
        {ranges.map((range) => (
          <li key={`${range.from} ${range.to}`}>
            <button type="button" onClick={() => onChoose(range)}>
              {name(range)}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
