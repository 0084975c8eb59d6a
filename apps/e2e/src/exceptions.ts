import { createHash } from 'node:crypto';
import type { Locator, Page } from '@playwright/test';

/** What the list of the API says of an exception; the part that specs use. */
export interface ListedException {
  readonly id: string;
  readonly service: string;
  readonly key: string;
  readonly class: string;
  readonly message: string;
  readonly status: string;
}

/** The rows of the list of exceptions, without the headings. */
export function exceptionRows(page: Page): Locator {
  return page.getByRole('grid', { name: 'Exceptions' }).getByRole('rowgroup').nth(1).getByRole('row');
}

/** The first exception of the stack that `query` finds. */
export async function findException(page: Page, query: string): Promise<ListedException> {
  const response = await page.request.get(`/api/exceptions/api/v1/exceptions?limit=1&${query}`);
  const { items } = (await response.json()) as { items: ListedException[] };
  if (items[0] === undefined) throw new Error(`the stack has no exception that the spec needs (${query})`);
  return items[0];
}

/** The page of an exception. */
export function pathOf({ service, key }: ListedException): string {
  return `/exceptions/${encodeURIComponent(service)}/${encodeURIComponent(key)}`;
}

/** The API's id of an exception. */
export function idOf(service: string, key: string): string {
  return createHash('sha256').update(`${service}\0${key}`).digest('hex').slice(0, 32);
}
