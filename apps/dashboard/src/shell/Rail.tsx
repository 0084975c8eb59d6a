import { Link } from '@tanstack/react-router';
import { Icon } from '../components/Icon.tsx';
import type { NavigationEntry } from './navigation.ts';
import { SettingsMenu } from './SettingsMenu.tsx';
import { useNavigation } from './useNavigation.ts';
import styles from './Rail.module.css';

/** The main navigation at the left: with words where there is room, icons alone below 1024 px. */
export function Rail() {
  return (
    <div className={styles['rail']}>
      <Brand />
      <NavigationList />
      <div className={styles['foot']}>
        <SettingsMenu />
      </div>
    </div>
  );
}

export function Brand() {
  return (
    <Link to="/" className={styles['brand']} aria-label="Binnacle, overview">
      <Icon name="binnacle" />
      <span>Binnacle</span>
    </Link>
  );
}

/** The entries, for the rail and for the drawer of narrow screens. */
export function NavigationList({ onNavigate }: { readonly onNavigate?: () => void }) {
  const { signals, system } = useNavigation();
  const entries = (list: readonly NavigationEntry[]) =>
    list.map(({ to, label, icon }) => (
      <li key={to}>
        <Link
          to={to}
          className={styles['entry']}
          activeOptions={{ exact: to === '/', includeSearch: false }}
          title={label}
          onClick={onNavigate}
        >
          <Icon name={icon} />
          <span>{label}</span>
        </Link>
      </li>
    ));
  return (
    <nav aria-label="Main">
      <ul className={styles['list']}>{entries(signals)}</ul>
      <hr className={styles['divider']} />
      <ul className={styles['list']}>{entries(system)}</ul>
    </nav>
  );
}
