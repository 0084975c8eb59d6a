import { afterEach, expect, test, vi } from 'vitest';
import { ShortcutRegistry } from './shortcuts.ts';

afterEach(() => vi.useRealTimers());

function registryWith(...keys: string[]): { registry: ShortcutRegistry; ran: string[] } {
  const registry = new ShortcutRegistry();
  const ran: string[] = [];
  registry.register(keys.map((name) => ({ keys: name, label: name, run: () => ran.push(name) })));
  return { registry, ran };
}

test('single keys and chords share letters', () => {
  const { registry, ran } = registryWith('x', 'g x', 'g o');
  for (const key of ['x', 'g', 'x', 'g', 'o', 'q']) registry.press(key);
  expect(ran).toEqual(['x', 'g x', 'g o']);
});

test('a chord shows what may follow and ends after a second', () => {
  vi.useFakeTimers();
  const { registry, ran } = registryWith('o', 'g o');
  const seen: (string | undefined)[] = [];
  registry.subscribe(() => seen.push(registry.pending()?.prefix));
  registry.press('g');
  expect(registry.pending()?.next.map((shortcut) => shortcut.keys)).toEqual(['g o']);
  vi.advanceTimersByTime(1001);
  registry.press('o');
  expect(ran).toEqual(['o']);
  expect(seen).toEqual(['g', undefined]);
});

test('an unknown second key ends the chord and does nothing', () => {
  const { registry, ran } = registryWith('j', 'g o');
  registry.press('g');
  expect(registry.press('j')).toBe(false);
  expect(registry.press('j')).toBe(true);
  expect(ran).toEqual(['j']);
});

test('the last registration wins until it is taken away', () => {
  const { registry, ran } = registryWith('e');
  const remove = registry.register([{ keys: 'e', label: 'other', run: () => ran.push('other') }]);
  registry.press('e');
  remove();
  registry.press('e');
  expect(ran).toEqual(['other', 'e']);
});
