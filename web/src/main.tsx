import './mantine.css';
import './global.css';
import { mendStyles } from './chunks';
import { cspNonce } from './nonce';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { startI18n } from './i18n';
import { queries } from './queries';
import { router } from './router';
import { cssVariablesResolver, theme } from './theme';
import { Toasts } from './ui/Toasts';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');

mendStyles();
void startI18n().then(() =>
  createRoot(root).render(
    <MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} defaultColorScheme="auto" getStyleNonce={() => cspNonce ?? ''}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
        <Toasts />
      </QueryClientProvider>
    </MantineProvider>,
  ),
);
