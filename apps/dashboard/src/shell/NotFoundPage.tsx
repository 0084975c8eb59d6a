import { Link } from '@tanstack/react-router';
import { PageHead, usePageTitle } from './PageHead.tsx';

export function NotFoundPage() {
  usePageTitle('Not found');
  return (
    <>
      <PageHead title="There is no such page" />
      <p>
        Go to the <Link to="/">overview</Link>, the <Link to="/exceptions">exceptions</Link>, or press{' '}
        <kbd>Ctrl</kbd> <kbd>K</kbd>.
      </p>
    </>
  );
}
