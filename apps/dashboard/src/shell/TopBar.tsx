import { Link, useRouterState } from '@tanstack/react-router';
import { Dialog } from 'radix-ui';
import { useState } from 'react';
import { Button } from '../components/Button.tsx';
import dialog from '../components/dialog.module.css';
import { segmentToKey } from '../exceptions/keySegment.ts';
import { NavigationList } from './Rail.tsx';
import { RefreshControl } from './RefreshControl.tsx';
import { SettingsMenu } from './SettingsMenu.tsx';
import { ShareMenu } from './ShareMenu.tsx';
import { TimeRangePicker } from './TimeRangePicker.tsx';
import styles from './TopBar.module.css';

/** Where one is, and the time that everything on the page is about. */
export function TopBar({ onPalette }: { readonly onPalette: () => void }) {
  return (
    <header className={styles['bar']}>
      <Drawer />
      <Breadcrumb />
      <div className={styles['controls']}>
        <TimeRangePicker />
        <RefreshControl />
        <ShareMenu />
        <Button
          className={styles['palette']}
          icon="command"
          onClick={onPalette}
          aria-label="Command palette"
          title="Command palette (Ctrl K)"
        />
      </div>
    </header>
  );
}

const PAGE_NAMES: Record<string, string> = {
  '': 'Overview',
  services: 'Services',
  exceptions: 'Exceptions',
  metrics: 'Metrics',
  events: 'Events',
  targets: 'Targets',
  status: 'Status',
  help: 'Help',
};

const PARENTS: Record<string, '/services' | '/exceptions' | '/metrics' | '/events'> = {
  services: '/services',
  exceptions: '/exceptions',
  metrics: '/metrics',
  events: '/events',
};

function Breadcrumb() {
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const [page = '', service, ...rest] = pathname.slice(1).split('/');
  const key = rest.length > 0 ? segmentToKey(decode(rest.join('/'))) : null;
  const known = PAGE_NAMES[page];
  return (
    <nav aria-label="Breadcrumb" className={styles['breadcrumb']}>
      <ol>
        <li>
          {service === undefined || known === undefined ? (
            <span aria-current="page">{known ?? 'Not found'}</span>
          ) : (
            <Link to={PARENTS[page] ?? '/'}>{known}</Link>
          )}
        </li>
        {service !== undefined && service !== '' && (
          <li>
            {key === null ? (
              <span aria-current="page">{decode(service)}</span>
            ) : page === 'metrics' ? (
              <Link to="/metrics/catalog">Catalog</Link>
            ) : (
              <Link to="/services/$svc" params={{ svc: decode(service) }}>
                {decode(service)}
              </Link>
            )}
          </li>
        )}
        {key !== null && (
          <li>
            <span aria-current="page" className={styles['key']} title={key}>
              {key === '' ? '(empty key)' : key}
            </span>
          </li>
        )}
      </ol>
    </nav>
  );
}

/** The navigation of narrow screens. */
function Drawer() {
  const [open, setOpen] = useState(false);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger asChild>
        <Button className={styles['menu']} look="quiet" icon="menu" aria-label="Menu" />
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className={dialog['overlay']} />
        <Dialog.Content className={styles['drawer']} aria-describedby={undefined}>
          <div className={styles['drawerHead']}>
            <Dialog.Title className={styles['drawerTitle']}>Binnacle</Dialog.Title>
            <Dialog.Close asChild>
              <Button look="quiet" icon="close" aria-label="Close menu" />
            </Dialog.Close>
          </div>
          <NavigationList onNavigate={() => setOpen(false)} />
          <div className={styles['drawerFoot']}>
            <SettingsMenu />
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return segment;
  }
}
