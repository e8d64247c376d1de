import { Alert, Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { access } from '../../api/modules/access';
import { fieldErrors } from '../../components/fieldErrors';
import { ProblemNotice } from '../../components/ProblemNotice';
import { useMe } from '../../components/useMe';

export function Password() {
  const { t } = useTranslation(['settings', 'signIn']);
  const { user } = useMe();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation({
    mutationFn: () => access.changePassword(current, next),
    onSuccess: () => {
      setCurrent('');
      setNext('');
    },
  });
  const wrong = fieldErrors(change.error);
  const reveal = { visibilityToggleButtonProps: { 'aria-label': t('reveal') } };
  return (
    <Stack component="form" maw={420} onSubmit={(event) => { event.preventDefault(); change.mutate(); }}>
      {/* Tells a password manager whose it is. */}
      <TextInput label={t('signIn:username')} autoComplete="username" readOnly value={user.username} />
      <PasswordInput {...reveal} label={t('signIn:current')} required autoComplete="current-password" value={current} error={wrong('/current')} onChange={(event) => setCurrent(event.currentTarget.value)} />
      <PasswordInput {...reveal} label={t('signIn:next')} description={t('signIn:nextHint')} required autoComplete="new-password" value={next} error={wrong('/new')} onChange={(event) => setNext(event.currentTarget.value)} />
      {change.isSuccess ? <Alert color="green" role="status">{t('passwordChanged')}</Alert> : null}
      {change.error === null ? null : <ProblemNotice error={change.error} />}
      <Group justify="flex-end"><Button type="submit" loading={change.isPending}>{t('changePassword')}</Button></Group>
    </Stack>
  );
}
