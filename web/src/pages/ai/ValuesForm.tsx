import { Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useId, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/keys';
import { deployment } from '../../api/modules/deployment';
import { isApiError } from '../../api/problem';
import { useCommand } from '../../api/useCommand';
import { ProblemNotice } from '../../components/ProblemNotice';
import type { ParametersProps } from './Parameters';
import { useSaying } from './useSaying';

/** The values as a form; what is saved is the draft's own edit, by this person. */
export function ValuesForm({ release, card, command, onSay, onClose }: ParametersProps & { onClose: () => void }) {
  const { t } = useTranslation(['ai', 'shell']);
  const queries = useQueryClient();
  const say = useSaying();
  const id = useId();
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [version, setVersion] = useState(release.version);
  const save = useCommand(
    async (variables: Record<string, string | null>) => {
      const saved = await deployment.edit(release.id, version, { variables }).catch(async (error: unknown) => {
        // What was typed stays; the next try is made on what stands there now.
        if (isApiError(error) && error.code === 'stale') setVersion((await deployment.get(release.id)).version);
        throw error;
      });
      await deployment.answer(card, false).catch((error: unknown) => {
        // Its time may be over: then it is closed already.
        if (!isApiError(error) || error.code !== 'ticket_closed') throw error;
      });
      return saved;
    },
    {
      success: (saved) => {
        queries.setQueryData(keys.release(release.id), saved);
        void queries.invalidateQueries({ queryKey: keys.one('assistant', card.session) });
        onClose();
        onSay?.(say(command, saved));
      },
    },
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A value left empty is taken away; a secret left empty was never shown and stays.
    save.mutate(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value === '' ? null : value])));
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="xs">
        {(release.variables ?? []).map((each, index) => {
          const props = {
            id: `${id}-${each.name}`,
            label: each.name,
            autoComplete: each.secret ? 'new-password' : 'off',
            autoFocus: index === 0,
            onChange: (event: { currentTarget: { value: string } }) => {
              const { value } = event.currentTarget;
              const kept = each.secret && value === '';
              setValues((now) => Object.fromEntries([...Object.entries(now).filter(([name]) => name !== each.name), ...(kept ? [] : [[each.name, value] as const])]));
            },
          };
          return each.secret ? (
            <PasswordInput key={each.name} {...props} value={values[each.name] ?? ''} placeholder={each.set ? '••••' : undefined} />
          ) : (
            <TextInput key={each.name} {...props} value={values[each.name] ?? each.value ?? ''} spellCheck={false} />
          );
        })}
        {save.error === null ? null : <ProblemNotice error={save.error} />}
        <Group gap="xs">
          <Button type="submit" size="xs" loading={save.isPending} disabled={Object.keys(values).length === 0}>
            {t('ai:values.save')}
          </Button>
          <Button size="xs" variant="default" onClick={onClose}>
            {t('shell:action.cancel')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
