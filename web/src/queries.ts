import { QueryClient } from '@tanstack/react-query';
import { isApiError } from './api/problem';

/** Tries of a read whose failure may pass by itself. */
const TRIES = 2;

export const newQueries = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        // Events say what is stale; a mount does not.
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        retry: (count, error) => count < TRIES && isApiError(error) && error.transient,
      },
      mutations: { retry: false },
    },
  });

export const queries = newQueries();
