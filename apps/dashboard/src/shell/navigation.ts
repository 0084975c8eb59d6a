import type { IconName } from '../components/Icon.tsx';

/** A page of the main navigation. Pillars join this list when their pages exist. */
export interface NavigationEntry {
  readonly to: '/' | '/services' | '/exceptions' | '/metrics' | '/events' | '/targets' | '/status' | '/help';
  readonly label: string;
  readonly icon: IconName;
  /** Second key of `g …`. */
  readonly key: string;
  /** The backend that the page is about; without it the page is not offered. */
  readonly needs?: 'metrics' | 'events';
}

/** Above the divider: what services do. */
export const SIGNALS: readonly NavigationEntry[] = [
  { to: '/', label: 'Overview', icon: 'overview', key: 'o' },
  { to: '/services', label: 'Services', icon: 'services', key: 's' },
  { to: '/exceptions', label: 'Exceptions', icon: 'exceptions', key: 'x' },
  { to: '/metrics', label: 'Metrics', icon: 'metrics', key: 'm', needs: 'metrics' },
  { to: '/events', label: 'Events', icon: 'events', key: 'e', needs: 'events' },
];

/** Below the divider: how Binnacle itself is doing, and how to use it. */
export const SYSTEM: readonly NavigationEntry[] = [
  { to: '/targets', label: 'Targets', icon: 'targets', key: 't' },
  { to: '/status', label: 'Status', icon: 'status', key: 'u', needs: 'metrics' },
  { to: '/help', label: 'Help', icon: 'help', key: 'h' },
];
