import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { Dialog } from 'radix-ui';
import { useState } from 'react';
import { overviewQuery } from '../api/queries.ts';
import { Icon } from '../components/Icon.tsx';
import dialog from '../components/dialog.module.css';
import { setPreferences } from '../theme/preferences.ts';
import { keyToSegment } from '../exceptions/keySegment.ts';
import { useGlobalSearch } from './useGlobalSearch.ts';
import { useNavigation } from './useNavigation.ts';
import styles from './CommandPalette.module.css';

const SHOWN_EXCEPTIONS = 30;

/** Go anywhere by typing: pages, services, exceptions, settings, or a pasted address of this dashboard. */
export default function CommandPalette({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const navigate = useNavigate();
  const { window: range } = useGlobalSearch();
  const { data } = useQuery(overviewQuery(range));
  const { signals, system } = useNavigation();
  const needle = text.trim().toLowerCase();
  const exceptions = (data?.items ?? [])
    .filter((item) => `${item.class} ${item.message} ${item.service}`.toLowerCase().includes(needle))
    .slice(0, SHOWN_EXCEPTIONS);
  const services = [...new Set((data?.items ?? []).map((item) => item.service))]
    .filter((service) => service.toLowerCase().includes(needle))
    .sort();
  const pages = [...signals, ...system].filter(({ label }) => label.toLowerCase().includes(needle));
  const settings = [
    { label: 'Theme: light', run: () => setPreferences({ theme: 'light' }) },
    { label: 'Theme: dark', run: () => setPreferences({ theme: 'dark' }) },
    { label: 'Theme: as the system', run: () => setPreferences({ theme: 'auto' }) },
  ].filter(({ label }) => label.toLowerCase().includes(needle));
  const pasted = ownAddress(text);
  const run = (action: () => unknown) => () => {
    onClose();
    action();
  };

  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={dialog['overlay']} />
        <Dialog.Content className={styles['content']} aria-describedby={undefined}>
          <Dialog.Title className="visuallyHidden">Command palette</Dialog.Title>
          <Command shouldFilter={false} label="Command palette" loop>
            <Command.Input
              className={styles['input']}
              placeholder="Go to a page, a service, an exception, or paste an address"
              value={text}
              onValueChange={setText}
            />
            <Command.List className={styles['list']}>
              <Command.Empty className={styles['empty']}>
                Nothing by that name here. Press Esc and search the exceptions with <kbd>/</kbd>.
              </Command.Empty>
              {pasted !== null && (
                <Command.Item
                  className={styles['item']}
                  onSelect={run(() => void navigate({ href: pasted }))}
                >
                  <Icon name="external" /> Open {pasted}
                </Command.Item>
              )}
              <Group heading="Pages">
                {pages.map(({ to, label, icon, key }) => (
                  <Command.Item
                    key={to}
                    value={`page ${to}`}
                    className={styles['item']}
                    onSelect={run(() => void navigate({ to }))}
                  >
                    <Icon name={icon} /> {label}
                    <span className={styles['aside']}>g {key}</span>
                  </Command.Item>
                ))}
              </Group>
              <Group heading="Services">
                {services.map((svc) => (
                  <Command.Item
                    key={svc}
                    value={`service ${svc}`}
                    className={styles['item']}
                    onSelect={run(() => void navigate({ to: '/services/$svc', params: { svc } }))}
                  >
                    <Icon name="services" /> {svc}
                  </Command.Item>
                ))}
              </Group>
              <Group heading="Exceptions">
                {exceptions.map((item) => (
                  <Command.Item
                    key={item.id}
                    value={item.id}
                    className={styles['item']}
                    onSelect={run(
                      () =>
                        void navigate({
                          to: '/exceptions/$svc/$key',
                          params: { svc: item.service, key: keyToSegment(item.key) },
                        }),
                    )}
                  >
                    <Icon name="exceptions" />
                    <span className={styles['name']}>
                      {item.class} <small>{item.message}</small>
                    </span>
                    <span className={styles['aside']}>{item.service}</span>
                  </Command.Item>
                ))}
              </Group>
              <Group heading="Settings">
                {settings.map(({ label, run: action }) => (
                  <Command.Item key={label} value={label} className={styles['item']} onSelect={run(action)}>
                    <Icon name="settings" /> {label}
                  </Command.Item>
                ))}
              </Group>
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Group({
  heading,
  children,
}: {
  readonly heading: string;
  readonly children: readonly React.ReactNode[];
}) {
  return children.length === 0 ? null : (
    <Command.Group heading={heading} className={styles['group']}>
      {children}
    </Command.Group>
  );
}

/** Path and query of a pasted address of this dashboard; null for any other text. */
function ownAddress(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return url.origin === location.origin ? url.pathname + url.search + url.hash : null;
}
