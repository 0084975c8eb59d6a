import type { ErrorComponentProps } from '@tanstack/react-router';
import { ErrorState } from '../components/States.tsx';

/** A page that failed as a whole, also when a part of the app could not be fetched. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const shown = error instanceof Error ? error : new Error(String(error));
  const isChunk = /dynamically imported module|module script/i.test(shown.message);
  return <ErrorState error={shown} what="this page" onRetry={isChunk ? () => location.reload() : reset} />;
}
