import { useQuery } from '@tanstack/react-query';
import { DropdownMenu } from 'radix-ui';
import { useState } from 'react';
import { facetsQuery, type WindowText } from '../api/queries.ts';
import { SORTS, STATUSES, type ExceptionSort, type Facets, type FacetValue } from '../api/types.ts';
import { Button } from '../components/Button.tsx';
import { Icon } from '../components/Icon.tsx';
import menu from '../components/menu.module.css';
import { StatusGlyph, STATUS_TONE } from '../components/StatusGlyph.tsx';
import { formatCount } from '../time/format.ts';
import { parseFilter, printFilter, toggleToken, valuesOf } from './filter.ts';
import styles from './FacetBar.module.css';

type FacetField = 'is' | 'service' | 'severity' | 'class' | 'version';

const FACETS: readonly { readonly field: FacetField; readonly label: string }[] = [
  { field: 'is', label: 'Status' },
  { field: 'service', label: 'Service' },
  { field: 'severity', label: 'Severity' },
  { field: 'class', label: 'Class' },
  { field: 'version', label: 'Version' },
];

const VALUES_OF: Record<FacetField, (facets: Facets) => readonly FacetValue[]> = {
  is: ({ statuses }) =>
    STATUSES.map((value) => statuses.find((one) => one.value === value) ?? { value, count: 0 }),
  service: ({ services }) => services,
  severity: ({ severities }) => severities,
  class: ({ classes }) => classes,
  version: ({ versions }) => versions,
};

const SORT_NAMES: Record<ExceptionSort, string> = {
  '-lastSeen': 'last seen, newest first',
  lastSeen: 'last seen, oldest first',
  '-count': 'count in the window',
  '-totalCount': 'count in total',
  '-firstSeen': 'first seen, newest first',
  '-delta': 'increase',
  severity: 'severity',
};

/** One menu for each field of the filter, with counts, and the order of the list. */
export function FacetBar({
  query,
  own,
  window,
  sort,
  withoutService,
  onFilter,
  onSort,
}: {
  /** Everything the list is filtered by. */
  readonly query: string;
  /** The part of it that the menus change. */
  readonly own: string;
  readonly window: WindowText;
  readonly sort: ExceptionSort;
  readonly withoutService: boolean;
  readonly onFilter: (query: string) => void;
  readonly onSort: (sort: ExceptionSort) => void;
}) {
  const tokens = parseFilter(own);
  const fields = FACETS.filter(({ field }) => !(withoutService && field === 'service'));
  return (
    <div className={styles['bar']} role="group" aria-label="Filters and order">
      {fields.map(({ field, label }) => (
        <Facet
          key={field}
          label={label}
          field={field}
          query={query}
          window={window}
          chosen={valuesOf(tokens, field)}
          onToggle={(value) => onFilter(printFilter(toggleToken(tokens, field, value)))}
        />
      ))}
      <label className={styles['sort']}>
        Order
        <select
          value={sort}
          onChange={(event) =>
            onSort(SORTS.find((candidate) => candidate === event.target.value) ?? '-lastSeen')
          }
        >
          {SORTS.map((candidate) => (
            <option key={candidate} value={candidate}>
              {SORT_NAMES[candidate]}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function Facet({
  label,
  field,
  query,
  window,
  chosen,
  onToggle,
}: {
  readonly label: string;
  readonly field: FacetField;
  readonly query: string;
  readonly window: WindowText;
  readonly chosen: readonly string[];
  readonly onToggle: (value: string) => void;
}) {
  const [open, setOpen] = useState(false);
  const { data } = useQuery({ ...facetsQuery(withoutField(query, field), window), enabled: open });
  const values = choicesOf(field, data, chosen);
  const none = field === 'is' ? 'open' : 'any';
  const shown = chosen.length > 2 ? `${chosen.length} chosen` : chosen.join(', ') || none;
  return (
    <DropdownMenu.Root modal={false} open={open} onOpenChange={setOpen}>
      <DropdownMenu.Trigger asChild>
        <Button
          look="quiet"
          className={styles['facet']}
          aria-label={`${label}: ${chosen.join(', ') || none}`}
        >
          {label}
          <b>{shown}</b>
          <Icon name="chevron-down" />
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={menu['content']} align="start" sideOffset={4} collisionPadding={8}>
          <DropdownMenu.Label className={menu['label']}>{label}</DropdownMenu.Label>
          {values.length === 0 && (
            <DropdownMenu.Item className={menu['item']} disabled>
              {data === undefined ? 'Loading…' : 'None'}
            </DropdownMenu.Item>
          )}
          {values.map(({ value, count }) => (
            <DropdownMenu.CheckboxItem
              key={value}
              className={menu['item']}
              checked={chosen.includes(value)}
              onCheckedChange={() => onToggle(value)}
              onSelect={(event) => event.preventDefault()}
            >
              {field === 'is' && (
                <StatusGlyph tone={STATUS_TONE[value as keyof typeof STATUS_TONE] ?? 'unknown'} />
              )}
              <span className={menu['value']}>{value === '' ? '(none)' : value}</span>
              <span className={menu['count']}>{formatCount(count)}</span>
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** The counts of a menu are of what its field would let through, with every other filter in force. */
function withoutField(query: string, field: FacetField): string {
  const others = parseFilter(query).filter((token) => token.field !== field);
  return printFilter(field === 'is' ? [...others, { field: 'is', value: 'all' }] : others);
}

function choicesOf(
  field: FacetField,
  facets: Facets | undefined,
  chosen: readonly string[],
): readonly FacetValue[] {
  const found = facets === undefined ? [] : VALUES_OF[field](facets);
  const missing = chosen.filter((value) => !found.some((one) => one.value === value));
  return [...missing.map((value) => ({ value, count: 0 })), ...found];
}
