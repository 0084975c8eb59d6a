import { getRouteApi } from '@tanstack/react-router';
import { usePageTitle } from '../shell/PageHead.tsx';
import { ExceptionList } from './ExceptionList.tsx';

const route = getRouteApi('/exceptions');

/** Every exception of every service. */
export function ExceptionsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  usePageTitle('Exceptions');
  return (
    <ExceptionList
      search={search}
      title="Exceptions"
      onSearch={(change, replace) =>
        void navigate({ search: (before) => ({ ...before, ...change }), replace, resetScroll: false })
      }
    />
  );
}
