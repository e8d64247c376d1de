import { MantineProvider } from '@mantine/core';
import { QueryClientProvider, type QueryClient } from '@tanstack/react-query';
import { RouterProvider, createMemoryHistory, createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { render, type RenderResult } from '@testing-library/react';
import { createContext, use, type ReactNode } from 'react';
import { newQueries } from '../queries';
import { theme } from '../theme';

const Content = createContext<ReactNode>(null);
const Shown = () => use(Content);

/** Renders what stands on a page: with the theme, a router and a query cache that asks nothing by itself. */
export async function renderPart(content: ReactNode, queries: QueryClient = newQueries()): Promise<RenderResult & { show: (next: ReactNode) => void }> {
  const root = createRootRoute({ component: Shown });
  const any = createRoute({ getParentRoute: () => root, path: '$' });
  const router = createRouter({ routeTree: root.addChildren([any]), history: createMemoryHistory({ initialEntries: ['/releases/x'] }) });
  await router.load();
  const whole = (child: ReactNode) => (
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={queries}>
        <Content value={child}>
          {/* A router of the test's own: its routes are not the app's. */}
          <RouterProvider router={router as never} />
        </Content>
      </QueryClientProvider>
    </MantineProvider>
  );
  const rendered = render(whole(content));
  return { ...rendered, show: (next) => rendered.rerender(whole(next)) };
}
