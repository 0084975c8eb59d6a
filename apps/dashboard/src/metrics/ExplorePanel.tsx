import { useIsFetching, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Button } from '../components/Button.tsx';
import { CopyButton, copyText } from '../components/CopyButton.tsx';
import { PanelBoundary } from '../components/Panel.tsx';
import { announce } from '../exceptions/actions.ts';
import { useShortcuts } from '../keyboard/useShortcuts.ts';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { errorSpan } from './errorSpan.ts';
import type { PanelSearch, PanelView } from './exploreSearch.ts';
import { GraphResult } from './GraphResult.tsx';
import { QueryEditor } from './QueryEditor.tsx';
import { TableResult } from './TableResult.tsx';
import styles from './Explore.module.css';

/** One query: its editor, and its result as a table or a graph. */
export function ExplorePanel({
  number,
  panel,
  hidden,
  onHide,
  onChange,
  onRemove,
}: {
  /** Place on the page, from zero. */
  readonly number: number;
  readonly panel: PanelSearch;
  /** Hashes of hidden series. */
  readonly hidden: ReadonlySet<string>;
  readonly onHide: (hidden: ReadonlySet<string>) => void;
  readonly onChange: (panel: PanelSearch) => void;
  readonly onRemove: (() => void) | undefined;
}) {
  const { expr, view } = panel;
  const client = useQueryClient();
  const { window } = useGlobalSearch();
  const [draft, setDraft] = useState(expr);
  const [ran, setRan] = useState(expr);
  const [error, setError] = useState<Error | null>(null);
  if (ran !== expr) {
    // The address changed, by a run or by going back: the editor follows it.
    setRan(expr);
    setDraft(expr);
  }
  const label = `Query ${number + 1}`;
  const kind = view === 'graph' ? 'range' : 'instant';
  const queryKey = ['metrics', kind, expr, window];
  const busy = useIsFetching({ queryKey }) > 0;
  const run = (text: string): void => {
    const wanted = text.trim();
    if (wanted === expr) void client.invalidateQueries({ queryKey });
    else onChange({ expr: wanted, view });
  };
  useShortcuts(
    number === 0
      ? [
          {
            keys: 'y q',
            label: 'Copy PromQL',
            run: () =>
              void copyText(draft).then((copied) =>
                announce(copied ? 'PromQL copied' : 'The browser refused to copy', { failed: !copied }),
              ),
          },
        ]
      : [],
  );
  const marked = useMemo(() => {
    const span = error === null || draft !== expr ? null : errorSpan(expr, error.message);
    return span === null ? null : { span, message: error!.message };
  }, [error, draft, expr]);

  return (
    <section className={styles['panel']} aria-label={label}>
      <div className={styles['query']}>
        <QueryEditor
          label={`PromQL of query ${number + 1}`}
          value={draft}
          error={marked}
          onChange={setDraft}
          onRun={run}
        />
        {busy ? (
          <Button icon="close" onClick={() => void client.cancelQueries({ queryKey })}>
            Cancel
          </Button>
        ) : (
          <Button look="primary" icon="play" title="Run (Ctrl Enter)" onClick={() => run(draft)}>
            Run
          </Button>
        )}
      </div>
      <div className={styles['bar']}>
        <div role="group" aria-label={`View of query ${number + 1}`} className={styles['views']}>
          {VIEWS.map(([name, word]) => (
            <Button
              key={name}
              look="quiet"
              aria-pressed={view === name}
              onClick={() => onChange({ expr, view: name })}
            >
              {word}
            </Button>
          ))}
        </div>
        <CopyButton label="Copy PromQL" text={draft} />
        {onRemove !== undefined && (
          <Button
            look="quiet"
            icon="close"
            aria-label={`Remove query ${number + 1}`}
            title="Remove"
            onClick={onRemove}
          />
        )}
      </div>
      <PanelBoundary>
        {expr === '' ? (
          <p className={styles['hint']}>
            Type a query and press Ctrl Enter. Ctrl Space completes metrics, labels and functions.
          </p>
        ) : view === 'graph' ? (
          <GraphResult label={label} expr={expr} hidden={hidden} onHide={onHide} onError={setError} />
        ) : (
          <TableResult label={label} expr={expr} onError={setError} />
        )}
      </PanelBoundary>
    </section>
  );
}

const VIEWS: readonly (readonly [PanelView, string])[] = [
  ['table', 'Table'],
  ['graph', 'Graph'],
];
