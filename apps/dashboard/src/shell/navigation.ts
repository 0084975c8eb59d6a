import type { IconName } from '../components/Icon.tsx';

/** A page of the main navigation. Pillars join this list when their pages exist. */
export interface NavigationEntry {
  readonly to: '/' | '/services' | '/exceptions' | '/events' | '/targets' | '/help';
  readonly label: string;
  readonly icon: IconName;
  /** Second key of `g …`. */
  readonly key: string;
  /** The backend that the page is about; without it the page is not offered. */
  readonly needs?: 'events';
}

/** Above the divider: what services do. */
export const SIGNALS: readonly NavigationEntry[] = [
  { to: '/', label: 'Overview', icon: 'overview', key: 'o' },
  { to: '/services', label: 'Services', icon: 'services', key: 's' },
  { to: '/exceptions', label: 'Exceptions', icon: 'exceptions', key: 'x' },
  { to: '/events', label: 'Events', icon: 'events', key: 'e', needs: 'events' },
];

/** Below the divider: how Binnacle itself is doing, and how to use it. */
export const SYSTEM: readonly NavigationEntry[] = [
  { to: '/targets', label: 'Targets', icon: 'targets', key: 't' },
  { to: '/help', label: 'Help', icon: 'help', key: 'h' },
];
