import { useQuery } from '@tanstack/react-query';
import { DropdownMenu } from 'radix-ui';
import { facetsQuery, type WindowText } from '../api/queries.ts';
import { SORTS, STATUSES, type ExceptionSort, type FacetValue } from '../api/types.ts';
import { Button } from '../components/Button.tsx';
import { Icon } from '../components/Icon.tsx';
import menu from '../components/menu.module.css';
import { StatusGlyph, STATUS_TONE } from '../components/StatusGlyph.tsx';
import { formatCount } from '../time/format.ts';
import { parseFilter, printFilter, toggleToken, valuesOf, type Field } from './filter.ts';
import styles from './FacetBar.module.css';

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
export function FacetBar({ query, own, window, sort, withoutService, onFilter, onSort }: {
  /** Everything the list is filtered by; the counts are of that. */
  readonly query: string;
  /** The part of it that the menus change. */
  readonly own: string;
  readonly window: WindowText;
  readonly sort: ExceptionSort;
  readonly withoutService: boolean;
  readonly onFilter: (query: string) => void;
  readonly onSort: (sort: ExceptionSort) => void;
}) {
  const { data: facets } = useQuery(facetsQuery(query, window));
  const tokens = parseFilter(own);
  const facet = (label: string, field: Field, values: readonly FacetValue[] | undefined) => (
    <Facet
      label={label}
      field={field}
      values={values ?? []}
      chosen={valuesOf(tokens, field)}
      onToggle={(value) => onFilter(printFilter(toggleToken(tokens, field, value)))}
    />
  );
  return (
    <div className={styles['bar']} role="group" aria-label="Filters and order">
      {facet('Status', 'is', STATUSES.map((value) => facets?.statuses.find((one) => one.value === value) ?? { value, count: 0 }))}
      {!withoutService && facet('Service', 'service', facets?.services)}
      {facet('Severity', 'severity', facets?.severities)}
      {facet('Class', 'class', facets?.classes)}
      {facet('Version', 'version', facets?.versions)}
      <label className={styles['sort']}>
        Order
        <select value={sort} onChange={(event) => onSort(SORTS.find((candidate) => candidate === event.target.value) ?? '-lastSeen')}>
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

function Facet({ label, field, values, chosen, onToggle }: {
  readonly label: string;
  readonly field: Field;
  readonly values: readonly FacetValue[];
  readonly chosen: readonly string[];
  readonly onToggle: (value: string) => void;
}) {
  const missing = chosen.filter((value) => !values.some((one) => one.value === value)).map((value) => ({ value, count: 0 }));
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button look="quiet" className={styles['facet']} aria-label={`${label}: ${chosen.length === 0 ? (field === 'is' ? 'open' : 'any') : chosen.join(', ')}`}>
          {label}
          <b>{chosen.length === 0 ? (field === 'is' ? 'open' : 'any') : chosen.length > 2 ? `${chosen.length} chosen` : chosen.join(', ')}</b>
          <Icon name="chevron-down" />
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={menu['content']} align="start" sideOffset={4} collisionPadding={8}>
          <DropdownMenu.Label className={menu['label']}>{label}</DropdownMenu.Label>
          {values.length + missing.length === 0 && <DropdownMenu.Item className={menu['item']} disabled>None</DropdownMenu.Item>}
          {[...missing, ...values].map(({ value, count }) => (
            <DropdownMenu.CheckboxItem
              key={value}
              className={menu['item']}
              checked={chosen.includes(value)}
              onCheckedChange={() => onToggle(value)}
              onSelect={(event) => event.preventDefault()}
            >
              {field === 'is' && <StatusGlyph tone={STATUS_TONE[value as keyof typeof STATUS_TONE] ?? 'unknown'} />}
              <span className={menu['value']}>{value === '' ? '(none)' : value}</span>
              <span className={menu['count']}>{formatCount(count)}</span>
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
