import { useIsFetching } from '@tanstack/react-query';
import { DropdownMenu } from 'radix-ui';
import { useLive } from '../api/changes.ts';
import type { LiveState } from '../api/liveChanges.ts';
import { Button } from '../components/Button.tsx';
import menu from '../components/menu.module.css';
import { REFRESH_CHOICES } from '../globalSearch.ts';
import { useShortcuts } from '../keyboard/useShortcuts.ts';
import { useAutoRefresh, useRefreshNow } from './autoRefresh.ts';
import { useGlobalSearch } from './useGlobalSearch.ts';
import styles from './RefreshControl.module.css';

const LIVE_WORDS: Record<LiveState, string> = { connecting: 'connecting', live: 'live', lost: 'not live' };

/** Refresh now, refresh every so often, and whether changes arrive by themselves. */
export function RefreshControl() {
  const { refresh = 'off', setRefresh } = useGlobalSearch();
  const refreshNow = useRefreshNow();
  const paused = useAutoRefresh(refresh);
  const fetching = useIsFetching() > 0;
  const state = useLive((live) => live.state);
  const choose = (choice: string): void => {
    setRefresh(REFRESH_CHOICES.filter((other) => other !== 'off').find((other) => other === choice));
  };
  useShortcuts([
    { keys: 'r', label: 'Refresh', run: refreshNow },
    {
      keys: 'R',
      label: 'Next refresh interval',
      run: () => choose(REFRESH_CHOICES[(REFRESH_CHOICES.indexOf(refresh) + 1) % REFRESH_CHOICES.length]!),
    },
  ]);
  return (
    <div className={styles['group']} role="group" aria-label="Refresh">
      <span className={styles['live']} data-state={state} title="Whether changes arrive by themselves">
        {LIVE_WORDS[state]}
      </span>
      <Button
        className={styles['now']}
        icon="refresh"
        aria-label="Refresh"
        title="Refresh (r)"
        onClick={refreshNow}
        data-busy={fetching}
      />
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger asChild>
          <Button className={styles['interval']} aria-label={`Refresh every: ${refresh}`}>
            {refresh}
          </Button>
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className={menu['content']} align="end" sideOffset={4}>
            <DropdownMenu.Label className={menu['label']}>Refresh every</DropdownMenu.Label>
            <DropdownMenu.RadioGroup value={refresh} onValueChange={choose}>
              {REFRESH_CHOICES.map((choice) => (
                <DropdownMenu.RadioItem key={choice} className={menu['item']} value={choice}>
                  {choice}
                </DropdownMenu.RadioItem>
              ))}
            </DropdownMenu.RadioGroup>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {paused !== null && (
        <span className={styles['paused']} role="status">
          paused: {paused}
        </span>
      )}
    </div>
  );
}
