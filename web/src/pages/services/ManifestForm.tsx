import { ActionIcon, Alert, Anchor, Button, Checkbox, Group, List, Skeleton, Stack, Tabs, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconAlertTriangle, IconCheck, IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { catalogue } from '../../api/modules/catalogue';
import type { Schemas } from '../../api/types';
import { Choice } from '../../ui/Choice';

const YamlEditor = lazy(() => import('../../components/YamlEditor'));

export type Draft = { files: Schemas['ManifestFile'][]; variables: Schemas['VariableSpec'][]; version_variable: string | null };

/** A target names the project; to look at a manifest alone, any name does. */
const ANY_PROJECT = 'manifest';
/** How long nothing is typed before the server looks at it. */
const QUIET_MS = 500;

/** Files, variables and which of them is the version; what the server finds wrong stands at its line as one types. */
export function ManifestForm({ runtime, draft, onChange, fieldError }: { runtime: Schemas['RuntimeType']; draft: Draft; onChange: (draft: Draft) => void; fieldError: (pointer: string) => string | undefined }) {
  const { t } = useTranslation(['services', 'shell']);
  const [shown, setShown] = useState(draft.files[0]?.path ?? '');
  const [asked] = useDebouncedValue(draft, QUIET_MS);
  const rendered = useQuery({
    queryKey: ['render', runtime, asked.files, asked.variables],
    queryFn: ({ signal }) => {
      const given = asked.variables.filter((each) => typeof each.default === 'string').map((each) => [each.name, each.default as string] as const);
      return catalogue.render({ runtime_type: runtime, manifest: { files: asked.files }, variables: Object.fromEntries(given), ...(runtime === 'compose' ? { compose_project: ANY_PROJECT } : {}) }, signal);
    },
    placeholderData: (before) => before,
    retry: false,
  });
  // A variable without a value is found at preview; here it is only offered below.
  const problems = useMemo(() => (rendered.data?.problems ?? []).filter((each) => !each.pointer.startsWith('/variables/')), [rendered.data]);
  const missing = (rendered.data?.variables ?? []).filter((use) => !draft.variables.some((each) => each.name === use.name)).map((use) => use.name);
  const file = draft.files.find((each) => each.path === shown) ?? draft.files[0];
  const marks = useMemo(
    () => problems.filter((each) => typeof each.line === 'number' && (each.file ?? draft.files[0]?.path) === file?.path).map((each) => ({ line: each.line as number, severity: each.severity === 'error' ? ('error' as const) : ('warning' as const) })),
    [problems, file?.path, draft.files],
  );
  const setFile = (path: string, next: Partial<Schemas['ManifestFile']>) => onChange({ ...draft, files: draft.files.map((each) => (each.path === path ? { ...each, ...next } : each)) });
  const setVariable = (at: number, next: Partial<Schemas['VariableSpec']>) => onChange({ ...draft, variables: draft.variables.map((each, i) => (i === at ? { ...each, ...next } : each)) });
  const addVariable = (name: string) => onChange({ ...draft, variables: [...draft.variables, { name, required: true }] });
  const addFile = () => {
    const path = ['compose.override.yaml', 'extra.yaml', 'config.yaml'].find((name) => !draft.files.some((each) => each.path === name)) ?? `file-${draft.files.length + 1}.yaml`;
    onChange({ ...draft, files: [...draft.files, { path, content: '' }] });
    setShown(path);
  };
  return (
    <Stack>
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={2} size="h4">{t('files')}</Title>
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={addFile}>{t('addFile')}</Button>
        </Group>
        {draft.files.length > 1 ? (
          <Tabs value={file?.path ?? null} onChange={(path) => setShown(path ?? '')}>
            <Tabs.List>{draft.files.map((each) => <Tabs.Tab key={each.path} value={each.path}>{each.path}</Tabs.Tab>)}</Tabs.List>
            {/* Every tab has its panel; the editor below shows the chosen one. */}
            {draft.files.map((each) => <Tabs.Panel key={each.path} value={each.path}>{null}</Tabs.Panel>)}
          </Tabs>
        ) : null}
        {file === undefined ? null : (
          <>
            <Group align="flex-end" gap="xs">
              <TextInput label={t('path')} value={file.path} w={280} onChange={(event) => { setFile(file.path, { path: event.currentTarget.value }); setShown(event.currentTarget.value); }} />
              {draft.files.length > 1 ? (
                <Button variant="default" leftSection={<IconTrash size={14} aria-hidden />} onClick={() => onChange({ ...draft, files: draft.files.filter((each) => each !== file) })}>{t('removeFile')}</Button>
              ) : null}
            </Group>
            <Suspense fallback={<Skeleton height={240} aria-busy="true" />}>
              <YamlEditor value={file.content} label={t('contentOf', { path: file.path })} marks={marks} describedBy="manifest-problems" onChange={(content) => setFile(file.path, { content })} />
            </Suspense>
          </>
        )}
        <div id="manifest-problems" role="status">
          {rendered.error !== null ? (
            <Alert color="orange" icon={<IconAlertTriangle aria-hidden />}>{t('notChecked')}</Alert>
          ) : problems.length > 0 ? (
            <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={t('problems', { count: problems.length })}>
              <List size="sm">
                {problems.map((each) => (
                  <List.Item key={`${each.file}:${each.line}:${each.column}:${each.pointer}:${each.code}`}>
                    <code>{[each.file, each.line, each.column].filter((x) => x !== undefined && x !== null).join(':') || each.pointer}</code> {each.message}
                  </List.Item>
                ))}
              </List>
            </Alert>
          ) : rendered.data !== undefined ? (
            <Group gap={6} c="green" wrap="nowrap"><IconCheck size={16} aria-hidden /><Text size="sm">{rendered.data.documents.length === 0 ? t('wellFormedOpen') : t('wellFormed', { count: rendered.data.documents.length })}</Text></Group>
          ) : null}
        </div>
      </Stack>
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={2} size="h4">{t('variables')}</Title>
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => addVariable('')}>{t('addVariable')}</Button>
        </Group>
        {missing.length > 0 ? (
          <Text size="sm">
            {t('found')}{' '}
            {missing.map((name) => <Anchor key={name} component="button" type="button" size="sm" mr="xs" onClick={() => addVariable(name)}>{t('offer', { name })}</Anchor>)}
          </Text>
        ) : null}
        {draft.variables.map((variable, at) => (
          // A row is told by its place: its name is being typed.
          // oxlint-disable-next-line react/no-array-index-key
          <Group key={at} align="flex-end" gap="xs" role="group" aria-label={t('variableOf', { name: variable.name === '' ? at + 1 : variable.name })}>
            <TextInput label={t('variable')} value={variable.name} error={fieldError(`/variables/${at}/name`)} onChange={(event) => setVariable(at, { name: event.currentTarget.value })} />
            <TextInput label={t('default')} value={variable.default ?? ''} disabled={variable.secret === true} error={fieldError(`/variables/${at}/default`)} onChange={(event) => setVariable(at, { default: event.currentTarget.value === '' ? null : event.currentTarget.value })} />
            <TextInput label={t('description')} value={variable.description ?? ''} onChange={(event) => setVariable(at, { description: event.currentTarget.value === '' ? null : event.currentTarget.value })} />
            <Checkbox label={t('required')} pb={8} checked={variable.required === true} onChange={(event) => setVariable(at, { required: event.currentTarget.checked })} />
            <Checkbox label={t('secret')} pb={8} checked={variable.secret === true} onChange={(event) => setVariable(at, { secret: event.currentTarget.checked, ...(event.currentTarget.checked ? { default: null } : {}) })} />
            <ActionIcon variant="default" size="lg" aria-label={t('removeVariable', { name: variable.name })} onClick={() => onChange({ ...draft, variables: draft.variables.filter((_, i) => i !== at) })}><IconTrash size={16} aria-hidden /></ActionIcon>
          </Group>
        ))}
        <Choice
          label={t('versionVariable')}
          description={t('versionVariableHint')}
          clearable
         
          maw={320}
          value={draft.version_variable}
          data={draft.variables.filter((each) => each.secret !== true && each.name !== '').map((each) => each.name)}
          onChange={(value) => onChange({ ...draft, version_variable: value })}
        />
      </Stack>
    </Stack>
  );
}
