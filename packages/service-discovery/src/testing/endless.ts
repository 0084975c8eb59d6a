import type { ServerResponse } from 'node:http';

/** Answers with more than is read of any answer. */
export function endless(response: ServerResponse): void {
  const chunk = Buffer.alloc(1024 * 1024, ' ');
  const more = (): void => {
    while (!response.destroyed) if (!response.write(chunk)) break;
  };
  response.on('drain', more).on('error', () => undefined);
  more();
}
