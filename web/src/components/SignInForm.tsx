import { Alert, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { access } from '../api/modules/access';
import { isApiError } from '../api/problem';
import type { Me } from '../api/types';
import { currentLocale } from '../i18n';
import { clock } from '../ui/When';
import { ProblemNotice } from './ProblemNotice';

/** Name and password; then, where the password was made for one use, a new one. */
export function SignInForm({ username: given = '', onSignedIn }: { username?: string; onSignedIn: (me: Me) => void }) {
  const { t } = useTranslation('signIn');
  const [username, setUsername] = useState(given);
  const [password, setPassword] = useState('');
  const [next, setNext] = useState('');
  const [must, setMust] = useState(false);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>();

  const run = async (event: FormEvent) => {
    event.preventDefault();
    setPending(true);
    setError(undefined);
    try {
      const me = must ? await access.changePassword(password, next) : await access.signIn(username, password);
      if (me.must_change_password) setMust(true);
      else onSignedIn(me);
    } catch (refused) {
      setError(refused);
    } finally {
      setPending(false);
    }
  };

  return (
    <form onSubmit={(event) => void run(event)} aria-label={t(must ? 'choose' : 'title')}>
      <Stack gap="sm">
        <Refusal error={error} must={must} />
        {must ? (
          <>
            <Text size="sm">{t('chooseLead')}</Text>
            <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
            <PasswordInput label={t('next')} description={t('nextHint')} value={next} onChange={(e) => setNext(e.currentTarget.value)} autoComplete="new-password" minLength={12} maxLength={256} required data-autofocus />
          </>
        ) : (
          <>
            <TextInput label={t('username')} value={username} onChange={(e) => setUsername(e.currentTarget.value)} autoComplete="username" autoCapitalize="none" spellCheck={false} required {...(given === '' ? { 'data-autofocus': true } : {})} />
            <PasswordInput label={t('password')} value={password} onChange={(e) => setPassword(e.currentTarget.value)} autoComplete="current-password" required {...(given === '' ? {} : { 'data-autofocus': true })} />
          </>
        )}
        <Button type="submit" loading={pending} fullWidth mt="xs">
          {t(must ? 'change' : 'submit')}
        </Button>
      </Stack>
    </form>
  );
}

function Refusal({ error, must }: { error: unknown; must: boolean }) {
  const { t } = useTranslation('signIn');
  if (error === undefined) return null;
  if (isApiError(error) && error.code === 'unauthenticated' && !must) {
    return (
      <Alert color="red" role="alert">
        {t('wrong')}
      </Alert>
    );
  }
  if (isApiError(error) && error.code === 'rate_limited' && error.retryAfter !== undefined) {
    return (
      <Alert color="orange" role="alert">
        {t('throttled', { time: clock(new Date(error.at + error.retryAfter * 1000), currentLocale()) })}
      </Alert>
    );
  }
  return <ProblemNotice error={error} />;
}
