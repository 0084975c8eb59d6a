import { Link } from '@tanstack/react-router';
import type { Target } from '../api/types.ts';
import { quote } from '../metrics/labels.ts';

/** To the graph of whether a target could be scraped. */
export function UpLink({ target: { labels } }: { readonly target: Target }) {
  const matchers = ['job', 'instance']
    .filter((name) => labels[name] !== undefined)
    .map((name) => `${name}=${quote(labels[name]!)}`);
  return (
    <Link
      to="/metrics"
      search={(before) => ({
        ...before,
        from: undefined,
        to: undefined,
        'p0.expr': `up{${matchers.join(', ')}}`,
        'p0.view': 'graph',
      })}
    >
      Graph up, last hour
    </Link>
  );
}
