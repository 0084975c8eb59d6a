import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { facetsQuery, type WindowText } from '../api/queries.ts';
import { Icon } from '../components/Icon.tsx';
import { FIELD_HINTS, FIELDS, parseFilter, printFilter, type Field, type Token } from './filter.ts';
import { suggestionsFor } from './suggestions.ts';
import styles from './FilterBox.module.css';

const TYPING_MS = 250;

/**
 * The filter as one line of text: tokens like `service:tracks` stand as chips, the rest is free text. Typing changes the
 * address in place; Enter, a suggestion or a removed chip is a step in the history.
 */
export function FilterBox({
  query,
  window,
  onChange,
}: {
  readonly query: string;
  readonly window: WindowText;
  readonly onChange: (query: string, replace: boolean) => void;
}) {
  const tokens = parseFilter(query);
  const chips = tokens.filter((token) => token.field !== null);
  const text = printFilter(tokens.filter((token) => token.field === null));
  const [draft, setDraft] = useState(text);
  const [committed, setCommitted] = useState(text);
  if (text !== committed) {
    setCommitted(text);
    if (printFilter(parseFilter(draft)) !== text) setDraft(text);
  }
  const [focused, setFocused] = useState(false);
  const [highlighted, setHighlighted] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const facets = useQuery({ ...facetsQuery('', window), enabled: focused });
  const suggestions = focused ? suggestionsFor(draft, facets.data, chips) : [];
  const open = suggestions.length > 0;

  const join = (parts: readonly Token[], rest: string): string =>
    [printFilter(parts), rest.trim()].filter(Boolean).join(' ');
  const commit = (nextDraft: string, nextChips: readonly Token[] = chips): void => {
    onChange(join(nextChips, nextDraft), false);
    setDraft(printFilter(parseFilter(nextDraft).filter((token) => token.field === null)));
    setHighlighted(-1);
  };
  useEffect(() => {
    if (draft.trim() === text || endsInToken(draft)) return undefined;
    const timer = setTimeout(() => onChange(join(chips, draft), true), TYPING_MS);
    return () => clearTimeout(timer);
  });

  const accept = (suggestion: string): void => {
    const rest = draft.replace(/\S*$/, '');
    if (suggestion.endsWith(':')) setDraft(rest + suggestion);
    else commit(rest + suggestion);
    setHighlighted(-1);
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    const last = suggestions.length - 1;
    if (event.key === 'ArrowDown' && open) setHighlighted(highlighted >= last ? 0 : highlighted + 1);
    else if (event.key === 'ArrowUp' && open) setHighlighted(highlighted <= 0 ? last : highlighted - 1);
    else if (event.key === 'Enter' && highlighted >= 0) accept(suggestions[highlighted]!.insert);
    else if (event.key === 'Enter') commit(draft);
    else if (event.key === ' ' && /(?:^|\s)[\w-]+:[^\s"]+$/.test(draft)) commit(draft);
    else if (event.key === 'Backspace' && draft === '' && chips.length > 0) commit('', chips.slice(0, -1));
    else if (event.key === 'Escape') {
      if (highlighted >= 0) setHighlighted(-1);
      else input.current?.blur();
    } else return;
    event.preventDefault();
  };

  return (
    <div className={styles['box']}>
      <Icon name="search" />
      {chips.map((chip, index) => (
        <button
          key={`${chip.field} ${chip.value} ${index}`}
          type="button"
          className={styles['chip']}
          data-problem={chip.problem !== undefined}
          title={chip.problem}
          aria-label={`Remove filter ${chip.field}:${chip.value}${chip.problem === undefined ? '' : ` (${chip.problem})`}`}
          onClick={() => commit(draft, chips.toSpliced(index, 1))}
        >
          <span>{chip.field}:</span>
          {chip.value}
          <Icon name="close" />
        </button>
      ))}
      <input
        ref={input}
        data-filter=""
        className={styles['input']}
        role="combobox"
        aria-label="Filter exceptions"
        aria-expanded={open}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={highlighted >= 0 ? `${listId}-${highlighted}` : undefined}
        placeholder={
          chips.length === 0 ? 'Filter: text, service:, is:, severity:, version:, first-seen:>1h' : ''
        }
        value={draft}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => {
          setDraft(event.target.value);
          setHighlighted(-1);
        }}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        onKeyDown={onKeyDown}
      />
      {chips.some((chip) => chip.problem !== undefined) && (
        <span className={styles['problem']} role="status">
          {chips.find((chip) => chip.problem !== undefined)!.problem}
        </span>
      )}
      {!focused && tokens.length === 0 && <kbd aria-hidden="true">/</kbd>}
      <ul id={listId} role="listbox" aria-label="Suggestions" className={styles['list']} hidden={!open}>
        {suggestions.map(({ insert, hint }, index) => (
          <li
            key={insert}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === highlighted}
            onPointerDown={(event) => {
              event.preventDefault();
              accept(insert);
            }}
          >
            <b>{insert}</b>
            <span>{hint}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A field and its value are left alone while they are typed: `service:tr` would find nothing. */
function endsInToken(draft: string): boolean {
  const field = /(?:^|\s)([\w-]+):\S*$/.exec(draft)?.[1];
  return FIELDS.some((known) => known === field);
}

/** Fields and their meaning, for the help page. */
export const FILTER_HELP: readonly (readonly [Field, string])[] = FIELDS.map((field) => [
  field,
  FIELD_HINTS[field],
]);
