import { Link } from '@tanstack/react-router';
import { useHasMetrics } from '../api/metricsState.ts';
import { Icon } from '../components/Icon.tsx';
import { SIGNALS, SYSTEM, type NavigationEntry } from './navigation.ts';
import { SettingsMenu } from './SettingsMenu.tsx';
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
  const hasMetrics = useHasMetrics();
  const entries = (list: readonly NavigationEntry[]) =>
    list
      .filter(({ needs }) => needs === undefined || hasMetrics)
      .map(({ to, label, icon }) => (
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
      <ul className={styles['list']}>{entries(SIGNALS)}</ul>
      <hr className={styles['divider']} />
      <ul className={styles['list']}>{entries(SYSTEM)}</ul>
    </nav>
  );
}
