import { Box, Paper, Text, Title } from '@mantine/core';
import { useNavigate, useRouter } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { SignInForm } from '../../components/SignInForm';
import { useArrival } from '../../ui/useArrival';
import { useTitle } from '../../ui/useTitle';
import { signInRoute } from './routes';
import classes from './SignInPage.module.css';

/** Only an address of this site is gone on to. */
const own = (next: string | undefined) => (next !== undefined && next.startsWith('/') && !next.startsWith('//') ? next : '/');

export function SignInPage() {
  const { t } = useTranslation(['signIn', 'shell']);
  const { next } = signInRoute.useSearch();
  const navigate = useNavigate();
  const router = useRouter();
  useTitle(t('signIn:title'), t('shell:product'));
  const heading = useArrival();
  return (
    <Box component="main" className={classes['page']}>
      <Paper className={classes['card']} withBorder radius="lg" p="xl">
        <img src="/favicon.svg" alt="" width={40} height={40} />
        <Title order={1} mt="sm" tabIndex={-1} ref={heading}>
          {t('signIn:title')}
        </Title>
        <Text c="dimmed" size="sm" mb="lg">
          {t('signIn:lead')}
        </Text>
        <SignInForm
          onSignedIn={() => {
            void router.invalidate().then(() => navigate({ href: own(next) }));
          }}
        />
      </Paper>
    </Box>
  );
}
