import { DropdownMenu } from 'radix-ui';
import { Button } from '../components/Button.tsx';
import menu from '../components/menu.module.css';
import { setPreferences, usePreferences, type Preferences } from '../theme/preferences.ts';

const THEMES: Record<Preferences['theme'], string> = { auto: 'As the system', light: 'Light', dark: 'Dark' };
const DENSITIES: Record<Preferences['density'], string> = {
  compact: 'Compact',
  default: 'Default',
  comfy: 'Comfortable',
};

/** Theme, row height and the switch for single-key shortcuts. */
export function SettingsMenu() {
  const { theme, density, shortcuts } = usePreferences();
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button look="quiet" icon="settings" aria-label="Display settings" title="Display settings" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className={menu['content']}
          side="top"
          align="start"
          sideOffset={4}
          collisionPadding={8}
        >
          <Choices
            label="Theme"
            value={theme}
            choices={THEMES}
            onChange={(value) => setPreferences({ theme: value })}
          />
          <DropdownMenu.Separator className={menu['separator']} />
          <Choices
            label="Rows"
            value={density}
            choices={DENSITIES}
            onChange={(value) => setPreferences({ density: value })}
          />
          <DropdownMenu.Separator className={menu['separator']} />
          <DropdownMenu.CheckboxItem
            className={menu['item']}
            checked={shortcuts}
            onCheckedChange={(checked) => setPreferences({ shortcuts: checked })}
          >
            Single-key shortcuts
          </DropdownMenu.CheckboxItem>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Choices<T extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  readonly label: string;
  readonly value: T;
  readonly choices: Record<T, string>;
  readonly onChange: (value: T) => void;
}) {
  return (
    <>
      <DropdownMenu.Label className={menu['label']}>{label}</DropdownMenu.Label>
      <DropdownMenu.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
        {(Object.keys(choices) as T[]).map((choice) => (
          <DropdownMenu.RadioItem key={choice} className={menu['item']} value={choice}>
            {choices[choice]}
          </DropdownMenu.RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
    </>
  );
}
