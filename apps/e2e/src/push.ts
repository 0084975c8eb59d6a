import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expect } from './fixtures.ts';
import { idOf, type ListedException } from './exceptions.ts';

/** An exception as a client would report it, in Periskop's format. */
export interface PushedException {
  readonly key: string;
  readonly class: string;
  readonly message: string;
  readonly stacktrace?: readonly string[];
  readonly cause?: {
    readonly class: string;
    readonly message: string;
    readonly stacktrace: readonly string[];
    readonly cause: null;
  };
  readonly http?: {
    readonly request_method: string;
    readonly request_url: string;
    readonly request_headers: Readonly<Record<string, string>>;
    readonly request_body: string | null;
  };
  /** Samples that are sent. */
  readonly occurrences?: number;
}

/** Makes an exception in the stack by pushing it, in a service of its own, and waits until it can be read. */
export async function pushException(page: Page, pushed: PushedException): Promise<ListedException> {
  const service = `e2e-${randomUUID().slice(0, 8)}`;
  const { key, class: name, message, stacktrace = null, cause = null, http = null, occurrences = 1 } = pushed;
  const now = Date.now();
  const latest = Array.from({ length: occurrences }, (_, index) => ({
    error: { class: name, message, stacktrace, cause },
    uuid: randomUUID(),
    timestamp: new Date(now - (occurrences - index) * 1000).toISOString(),
    severity: 'error',
    http_context: http,
  }));
  const response = await page.request.post(`/api/exceptions/api/v1/push?service=${service}`, {
    data: {
      target_uuid: randomUUID(),
      aggregated_errors: [
        {
          aggregation_key: key,
          total_count: occurrences,
          severity: 'error',
          created_at: new Date(now - 60_000).toISOString(),
          latest_errors: latest,
        },
      ],
    },
  });
  expect(response.ok(), await response.text()).toBe(true);
  const id = idOf(service, key);
  await expect
    .poll(async () => (await page.request.get(`/api/exceptions/api/v1/exceptions/${id}`)).status())
    .toBe(200);
  return { id, service, key, class: name, message, status: 'new' };
}
