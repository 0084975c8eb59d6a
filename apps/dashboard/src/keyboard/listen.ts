import { preferences } from '../theme/preferences.ts';
import { shortcuts } from './shortcuts.ts';

/** Sends the document's keys to the registry. Keys with modifiers and keys typed into fields, menus and dialogs are not ours. */
export function listenForShortcuts(): () => void {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!preferences().shortcuts || !(event.target instanceof Element)) return;
    if (
      event.target.closest(
        'input:not([type=checkbox]), textarea, select, [contenteditable], [role=menu], [role=dialog], [role=listbox]',
      )
    )
      return;
    const onControl = event.target.closest('a, button, summary, input') !== null;
    if (onControl && (event.key === 'Enter' || event.key === ' ')) return;
    if (shortcuts.press(event.key)) event.preventDefault();
  };
  document.addEventListener('keydown', onKeyDown);
  return () => document.removeEventListener('keydown', onKeyDown);
}
