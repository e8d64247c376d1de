import { Alert, Button, Checkbox, Group, List, Paper, PasswordInput, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../../api/client';
import { keys } from '../../../api/keys';
import { deployment } from '../../../api/modules/deployment';
import { isApiError } from '../../../api/problem';
import type { Release, Schemas } from '../../../api/types';
import { useCommand } from '../../../api/useCommand';
import { DataRegion } from '../../../components/DataRegion';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { Choice } from '../../../ui/Choice';

type Revision = Schemas['ServiceRevision'];
/** Where an unmended problem of `/render` is shown. */
const VARIABLE = /^\/variables\/(.+)$/;

/** The form of a draft: the revision's variables, strategy, options, reason. */
export function DraftStep({ release, onDirty, onSaved }: { release: Release; onDirty: (dirty: boolean) => void; onSaved: () => void }) {
  const { t } = useTranslation(['releases', 'newRelease']);
  const service = useQuery({ queryKey: keys.one('service', release.service.id), queryFn: () => body(client.GET('/api/v1/services/{id}', { params: { path: { id: release.service.id } } })) });
  const [revision, setRevision] = useState(release.revision);
  const shape = useQuery({
    queryKey: keys.one('service', release.service.id, `revision ${revision}`),
    queryFn: () => body(client.GET('/api/v1/services/{id}/revisions/{number}', { params: { path: { id: release.service.id, number: revision } } })),
    staleTime: Infinity,
  });
  const newest = service.data?.revision ?? release.revision;
  return (
    <Paper withBorder radius="lg" p="lg" maw={760} bg="var(--surface)">
      <Stack>
        <Text size="sm" c="dimmed">
          {t('newRelease:kept', { number: release.number })}
        </Text>
        <Choice
          label={t('newRelease:revision')}
          w={220}
          value={String(revision)}
         
          data={Array.from({ length: newest }, (_, i) => newest - i).map((n) => ({ value: String(n), label: n === newest ? t('newRelease:newest', { number: n }) : String(n) }))}
          onChange={(value) => {
            setRevision(Number(value));
            onDirty(true);
          }}
        />
        <DataRegion query={shape} label={t('newRelease:variables')}>
          {(found) => <Form key={found.number} release={release} revision={found} onDirty={onDirty} onSaved={onSaved} />}
        </DataRegion>
      </Stack>
    </Paper>
  );
}

type Values = { variables: Record<string, string>; strategy: Schemas['Strategy']; reason: string; options: Required<Pick<Schemas['Options'], 'remove_orphans' | 'prune' | 'force_conflicts' | 'consent'>> };

function initial(release: Release, revision: Revision): Values {
  const set = new Map((release.variables ?? []).map((v) => [v.name, v]));
  return {
    variables: Object.fromEntries(revision.variables.map((spec) => [spec.name, set.get(spec.name)?.value ?? (spec.secret === true ? '' : (spec.default ?? ''))])),
    strategy: release.strategy,
    reason: release.reason ?? '',
    options: {
      remove_orphans: release.options?.remove_orphans ?? false,
      prune: release.options?.prune ?? true,
      force_conflicts: release.options?.force_conflicts ?? false,
      consent: release.options?.consent ?? [],
    },
  };
}

/** What is sent: a secret left empty stays what it is, another value left empty is taken away. */
function edited(values: Values, revision: Revision, release: Release): Schemas['EditRelease'] {
  const variables: Record<string, string | null> = {};
  for (const spec of revision.variables) {
    const value = values.variables[spec.name] ?? '';
    if (spec.secret === true && value === '') continue;
    variables[spec.name] = value === '' ? null : value;
  }
  return {
    revision: revision.number,
    variables,
    reason: values.reason,
    ...(release.runtime_type === 'compose' ? { strategy: values.strategy } : {}),
    // What this form does not show stays as it is.
    options: { ...release.options, ...values.options },
  };
}

function Form({ release, revision, onDirty, onSaved }: { release: Release; revision: Revision; onDirty: (dirty: boolean) => void; onSaved: () => void }) {
  const { t } = useTranslation(['releases', 'newRelease', 'codes']);
  const queries = useQueryClient();
  const [values, setValues] = useState(() => initial(release, revision));
  const [version, setVersion] = useState(release.version);
  const [problems, setProblems] = useState<Schemas['RenderProblem'][]>([]);
  const summary = useRef<HTMLDivElement>(null);
  const secretsSet = new Set((release.variables ?? []).filter((v) => v.secret && v.set).map((v) => v.name));

  const save = useCommand(
    async ({ values: given, version: at }: { values: Values; version: number }) => {
      const saved = await deployment.edit(release.id, at, edited(given, revision, release)).catch(async (error: unknown) => {
        // What was typed stays; the next try is made on what stands there now.
        if (isApiError(error) && error.code === 'stale') setVersion((await deployment.get(release.id)).version);
        throw error;
      });
      const rendered = await deployment.render(release.id);
      return { saved, problems: rendered.problems.filter((p) => p.severity === 'error') };
    },
    {
      success: ({ saved, problems: found }) => {
        queries.setQueryData(keys.release(release.id), saved);
        setVersion(saved.version);
        setProblems(found);
        onDirty(false);
        if (found.length === 0) onSaved();
      },
    },
  );
  useEffect(() => {
    if (problems.length > 0) summary.current?.focus();
  }, [problems]);

  const set = (part: Partial<Values>) => {
    setValues((now) => ({ ...now, ...part }));
    onDirty(true);
  };
  const problemOf = (name: string) => problems.find((p) => VARIABLE.exec(p.pointer)?.[1] === name)?.message;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate({ values, version });
  };
  const consents = (word: 'recreate' | 'volume_recreate') => ({
    checked: values.options.consent.includes(word),
    onChange: (e: { currentTarget: { checked: boolean } }) => set({ options: { ...values.options, consent: e.currentTarget.checked ? [...values.options.consent, word] : values.options.consent.filter((c) => c !== word) } }),
  });
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        {problems.length === 0 ? null : (
          <Alert color="red" ref={summary} tabIndex={-1} role="alert" title={t('newRelease:problems', { count: problems.length })}>
            <List size="sm">
              {problems.map((p) => {
                const variable = VARIABLE.exec(p.pointer)?.[1];
                return (
                  <List.Item key={`${p.pointer} ${p.message}`}>
                    {variable === undefined ? (
                      <>
                        <code>{[p.file, p.line, p.column].filter((x) => x !== null && x !== undefined).join(':') || p.pointer}</code> {p.message}
                      </>
                    ) : (
                      <a href={`#variable-${variable}`} className="text-link">
                        {p.message}
                      </a>
                    )}
                  </List.Item>
                );
              })}
            </List>
          </Alert>
        )}
        {save.error === null ? null : isApiError(save.error) && save.error.code === 'stale' ? (
          <Alert color="orange" role="alert">
            {t('newRelease:changedMeanwhile')}
          </Alert>
        ) : (
          <ProblemNotice error={save.error} />
        )}
        <Title order={2}>{t('newRelease:variables')}</Title>
        {revision.variables.length === 0 ? <Text size="sm">{t('newRelease:noVariables')}</Text> : null}
        {revision.variables.map((spec) => {
          const props = {
            id: `variable-${spec.name}`,
            label: spec.name,
            value: values.variables[spec.name] ?? '',
            error: problemOf(spec.name),
            withAsterisk: spec.required === true,
            autoComplete: 'off',
            onChange: (e: { currentTarget: { value: string } }) => set({ variables: { ...values.variables, [spec.name]: e.currentTarget.value } }),
          };
          return spec.secret === true ? (
            <PasswordInput key={spec.name} {...props} description={[spec.description, t('newRelease:secretHint')].filter(Boolean).join(' ')} placeholder={secretsSet.has(spec.name) ? `•••• ${t('newRelease:secretKept')}` : undefined} autoComplete="new-password" />
          ) : (
            <TextInput key={spec.name} {...props} description={spec.description ?? undefined} spellCheck={false} />
          );
        })}
        {release.runtime_type === 'compose' ? (
          <Choice
            label={t('newRelease:strategy')}
            w={220}
           
            value={values.strategy}
            data={[
              { value: 'rolling', label: t('codes:strategy.rolling') },
              { value: 'recreate', label: t('codes:strategy.recreate') },
            ]}
            onChange={(value) => set({ strategy: value as Schemas['Strategy'] })}
          />
        ) : null}
        <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
          <legend>
            <Text fw={600} size="sm" mb={6}>
              {t('newRelease:options')}
            </Text>
          </legend>
          <Stack gap="xs">
            {release.runtime_type === 'compose' ? (
              <>
                <Checkbox label={t('newRelease:removeOrphans')} checked={values.options.remove_orphans} onChange={(e) => set({ options: { ...values.options, remove_orphans: e.currentTarget.checked } })} />
                <Checkbox label={t('newRelease:consentVolume')} {...consents('volume_recreate')} />
              </>
            ) : (
              <>
                <Checkbox label={t('newRelease:prune')} checked={values.options.prune} onChange={(e) => set({ options: { ...values.options, prune: e.currentTarget.checked } })} />
                <Checkbox label={t('newRelease:force')} checked={values.options.force_conflicts} onChange={(e) => set({ options: { ...values.options, force_conflicts: e.currentTarget.checked } })} />
                <Checkbox label={t('newRelease:consentRecreate')} {...consents('recreate')} />
              </>
            )}
          </Stack>
        </fieldset>
        <Textarea label={t('newRelease:reason')} description={t('newRelease:reasonHint')} value={values.reason} onChange={(e) => set({ reason: e.currentTarget.value })} autosize minRows={2} maxLength={2000} />
        <Group>
          <Button type="submit" loading={save.isPending}>
            {t('newRelease:save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
