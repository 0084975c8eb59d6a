import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { exceptionQuery } from '../api/queries.ts';
import type { ExceptionSummary } from '../api/types.ts';
import { Sparkline } from '../charts/Sparkline.tsx';
import { TimeLane } from '../charts/TimeAxis.tsx';
import { Button } from '../components/Button.tsx';
import { PanelBoundary } from '../components/Panel.tsx';
import { STATUS_TONE, STATUS_WORD, StatusWord } from '../components/StatusGlyph.tsx';
import { QueryView } from '../components/States.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { useExceptionActions } from './actions.ts';
import { ExceptionFacts } from './ExceptionFacts.tsx';
import { keyToSegment } from './keySegment.ts';
import { StackTrace } from './StackTrace.tsx';
import styles from './Preview.module.css';

/** The row with the cursor, in more detail, beside the list on wide screens. */
export function Preview({
  item,
  onMute,
}: {
  readonly item: ExceptionSummary | undefined;
  readonly onMute: (item: ExceptionSummary) => void;
}) {
  return (
    <aside className={styles['pane']} aria-label="Preview">
      {item === undefined ? (
        <p className={styles['nothing']}>
          <kbd>j</kbd> <kbd>k</kbd> move through the list, <kbd>Enter</kbd> opens, <kbd>x</kbd> selects,{' '}
          <kbd>e</kbd> resolves, <kbd>s</kbd> mutes.
        </p>
      ) : (
        <PanelBoundary key={item.id}>
          <Body item={item} onMute={onMute} />
        </PanelBoundary>
      )}
    </aside>
  );
}

function Body({
  item,
  onMute,
}: {
  readonly item: ExceptionSummary;
  readonly onMute: (item: ExceptionSummary) => void;
}) {
  const { window } = useGlobalSearch();
  const options = exceptionQuery(item.id, window);
  const query = useQuery(options);
  const act = useExceptionActions();
  const resolved = item.status === 'resolved';
  return (
    <>
      <header className={styles['head']}>
        <StatusWord tone={STATUS_TONE[item.status]} word={STATUS_WORD[item.status]} tinted />
        <h2>
          <Link to="/exceptions/$svc/$key" params={{ svc: item.service, key: keyToSegment(item.key) }}>
            {item.class || '(no class)'}
          </Link>
        </h2>
        <p>{item.message}</p>
        <div className={styles['actions']}>
          <Button icon="resolve" hint="e" onClick={() => void act([item], resolved ? 'reopen' : 'resolve')}>
            {resolved ? 'Reopen' : 'Resolve'}
          </Button>
          {item.status === 'muted' ? (
            <Button icon="mute" onClick={() => void act([item], 'unmute')}>
              Unmute
            </Button>
          ) : (
            <Button icon="mute" hint="s" onClick={() => onMute(item)}>
              Mute…
            </Button>
          )}
        </div>
      </header>
      <TimeLane className={styles['trend']}>
        <Sparkline counts={item.sparkline} tall />
      </TimeLane>
      <ExceptionFacts item={item} />
      <QueryView query={query} queryKeys={[options.queryKey]} what="samples" rows={4}>
        {({ samples }) =>
          samples[0] === undefined ? (
            <p className={styles['nothing']}>No sample is kept of it.</p>
          ) : (
            <StackTrace stacktrace={samples[0].error.stacktrace} />
          )
        }
      </QueryView>
    </>
  );
}
