import { DropdownMenu } from 'radix-ui';
import { Button } from '../components/Button.tsx';
import { copyText } from '../components/CopyButton.tsx';
import menu from '../components/menu.module.css';
import { announce } from '../exceptions/actions.ts';
import { useShortcuts } from '../keyboard/useShortcuts.ts';
import { parseSearchText, printSearchText } from '../searchText.ts';
import { freeze, resolveRange } from '../time/timeRange.ts';
import { useGlobalSearch } from './useGlobalSearch.ts';

/** Copies the address of what is on the screen: with the window frozen, so others see the same, or as it is. */
export function ShareMenu() {
  const { window: range, zone } = useGlobalSearch();
  const copy = async (frozen: boolean): Promise<void> => {
    const url = new URL(location.href);
    if (frozen) {
      const absolute = freeze(resolveRange(range, Date.now(), zone));
      url.search = printSearchText({ ...parseSearchText(url.search), ...absolute });
    }
    const copied = await copyText(url.href);
    const text = frozen ? 'Link copied, with the time range frozen' : 'Link copied, with a moving time range';
    announce(copied ? text : 'The browser refused to copy the link', { failed: !copied });
  };
  useShortcuts([{ keys: 'y l', label: 'Copy link', run: () => void copy(true) }]);
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button icon="share" aria-label="Share" title="Share (y l)" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={menu['content']} align="end" sideOffset={4}>
          <DropdownMenu.Label className={menu['label']}>Copy link</DropdownMenu.Label>
          <DropdownMenu.Item className={menu['item']} onSelect={() => void copy(true)}>
            With this time range frozen
          </DropdownMenu.Item>
          <DropdownMenu.Item className={menu['item']} onSelect={() => void copy(false)}>
            With a moving time range
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
