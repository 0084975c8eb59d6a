const DARK = window.matchMedia('(prefers-color-scheme: dark)');
const known = new Map<string, string>();

/** What a CSS colour with custom properties is on this page now; canvases do not know them. */
export function themeColour(colour: string): string {
  const key = `${document.documentElement.dataset['theme'] ?? ''} ${DARK.matches} ${colour}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const probe = document.createElement('i');
  probe.style.color = colour;
  document.body.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  known.set(key, resolved);
  return resolved;
}

/** Calls back after the theme changed. The answer stops it. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  DARK.addEventListener('change', listener);
  return () => {
    observer.disconnect();
    DARK.removeEventListener('change', listener);
  };
}
