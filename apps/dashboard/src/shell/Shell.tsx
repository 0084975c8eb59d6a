import { Outlet, useNavigate, useRouter, useRouterState } from '@tanstack/react-router';
import { useIsFetching } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { connectChanges } from '../api/changes.ts';
import { listenForShortcuts } from '../keyboard/listen.ts';
import { useShortcuts } from '../keyboard/useShortcuts.ts';
import { ChordHint } from './ChordHint.tsx';
import { NoticeBar } from './NoticeBar.tsx';
import { Rail } from './Rail.tsx';
import { TopBar } from './TopBar.tsx';
import { useNavigation } from './useNavigation.ts';
import styles from './Shell.module.css';

const CommandPalette = lazy(() => import('./CommandPalette.tsx'));
const ShortcutSheet = lazy(() => import('./ShortcutSheet.tsx'));

/** Everything around a page. */
export function Shell() {
  const [overlay, setOverlay] = useState<'palette' | 'sheet' | null>(null);
  const navigate = useNavigate();
  const { signals, system } = useNavigation();
  useFocusAfterNavigation();
  useEffect(connectChanges, []);
  useEffect(listenForShortcuts, []);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setOverlay('palette');
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
  useShortcuts([
    { keys: '?', label: 'Keyboard shortcuts', run: () => setOverlay('sheet') },
    {
      keys: '/',
      label: 'Focus the filter',
      run: () => document.querySelector<HTMLElement>('[data-filter]')?.focus(),
    },
    ...[...signals, ...system].map(({ to, label, key }) => ({
      keys: `g ${key}`,
      label,
      run: () => void navigate({ to }),
    })),
  ]);
  return (
    <div className={styles['shell']}>
      <a className={styles['skip']} href="#main">
        Skip to content
      </a>
      <Rail />
      <div className={styles['column']}>
        <TopBar onPalette={() => setOverlay('palette')} />
        <ProgressLine />
        <main id="main" tabIndex={-1} className={styles['main']}>
          <Outlet />
        </main>
      </div>
      <NoticeBar />
      <ChordHint />
      <Suspense fallback={null}>
        {overlay === 'palette' && <CommandPalette onClose={() => setOverlay(null)} />}
        {overlay === 'sheet' && <ShortcutSheet onClose={() => setOverlay(null)} />}
      </Suspense>
    </div>
  );
}

/** When the control that led to another page went with the old page, the keyboard goes on at the new one's start. */
function useFocusAfterNavigation(): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe('onRendered', ({ pathChanged, fromLocation }) => {
        if (!pathChanged || fromLocation === undefined || document.activeElement !== document.body) return;
        document.getElementById('main')?.focus({ preventScroll: true });
      }),
    [router],
  );
}

function ProgressLine() {
  const fetching = useIsFetching() > 0;
  const loading = useRouterState({ select: (state) => state.isLoading });
  return <div className={styles['progress']} data-busy={fetching || loading} aria-hidden="true" />;
}
