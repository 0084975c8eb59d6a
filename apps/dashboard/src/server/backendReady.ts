import type { ServiceApp } from '@binnacle/service-kit';
import type { Backend } from './apiProxy.ts';

/** What the pages ask before they offer what a backend is for. */
export interface BackendState {
  /** False when the dashboard was started without this backend. */
  readonly configured: boolean;
  /** True when the backend says that it is ready. */
  readonly ready: boolean;
}

const DEADLINE_MS = 2_000;

/** Answers `PREFIX/-/ready` with the state of an optional backend; always 200, since the state is the answer. */
export function answerReady(app: ServiceApp, { prefix, url }: Backend): void {
  app.get(`${prefix}/-/ready`, async (request, reply): Promise<BackendState> => {
    void reply.header('cache-control', 'no-store');
    if (url === '') return { configured: false, ready: false };
    try {
      const answer = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(DEADLINE_MS) });
      await answer.body?.cancel();
      return { configured: true, ready: answer.ok };
    } catch (error) {
      request.log.debug({ err: error }, 'a backend does not answer');
      return { configured: true, ready: false };
    }
  });
}
