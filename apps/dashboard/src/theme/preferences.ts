import { useSyncExternalStore } from 'react';

/** Choices of this person on this browser; they live in localStorage, not in the URL. */
export interface Preferences {
  readonly theme: 'auto' | 'light' | 'dark';
  readonly density: 'compact' | 'default' | 'comfy';
  /** Shortcuts of a single key (WCAG 2.1.4 asks for the switch). */
  readonly shortcuts: boolean;
}

const STORAGE_KEY = 'binnacle.preferences';
const DEFAULTS: Preferences = { theme: 'auto', density: 'default', shortcuts: true };

let current: Preferences = read();
const listeners = new Set<() => void>();

/** The preferences now, outside React. */
export function preferences(): Preferences {
  return current;
}

/** The preferences, and a re-render when they change in this tab or another. */
export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, preferences);
}

/** Changes some preferences, applies them to the document and remembers them. */
export function setPreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  store(STORAGE_KEY, current);
  apply();
}

/** JSON kept under a name in localStorage; null when there is none or storage is off. */
export function stored(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null');
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DOMException) return null;
    throw error;
  }
}

/** Keeps JSON under a name in localStorage, where the browser allows it. */
export function store(name: string, value: unknown): void {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener('storage', onStorage);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener('storage', onStorage);
  };
}

function onStorage(event: StorageEvent): void {
  if (event.key !== STORAGE_KEY) return;
  current = read();
  apply();
}

function apply(): void {
  const { dataset } = document.documentElement;
  if (current.theme === 'auto') delete dataset['theme'];
  else dataset['theme'] = current.theme;
  if (current.density === 'default') delete dataset['density'];
  else dataset['density'] = current.density;
  for (const listener of listeners) listener();
}

function read(): Preferences {
  const saved = (stored(STORAGE_KEY) ?? {}) as Partial<Record<keyof Preferences, unknown>>;
  return {
    theme: saved.theme === 'light' || saved.theme === 'dark' ? saved.theme : DEFAULTS.theme,
    density: saved.density === 'compact' || saved.density === 'comfy' ? saved.density : DEFAULTS.density,
    shortcuts: saved.shortcuts !== false,
  };
}
