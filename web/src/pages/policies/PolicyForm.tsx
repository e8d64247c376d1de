import { Alert, Button, Checkbox, Fieldset, Group, SimpleGrid, Stack, Switch, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/keys';
import { administrationQueries } from '../../api/modules/administration';
import { catalogue } from '../../api/modules/catalogue';
import { isApiError } from '../../api/problem';
import type { Schemas } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { ActionButton } from '../../components/ActionButton';
import { fieldErrors } from '../../components/fieldErrors';
import { ProblemNotice } from '../../components/ProblemNotice';
import { useMay } from '../../components/useMe';
import { currentLocale } from '../../i18n';
import { ChangeList } from './ChangeList';
import { changes, type Policy } from './change';
import { Windows } from './Windows';
import { Choice } from '../../ui/Choice';
import { NumberField } from '../../ui/NumberField';
import { Lines } from '../../ui/Lines';
import { Ticks } from '../../ui/Ticks';

const RISKS = ['delete', 'replace', 'volume', 'replicas_zero', 'rbac', 'image_registry', 'privileged', 'host_mount'] as const;
const SECONDS = ['approval_ttl_secs', 'preview_ttl_secs', 'progress_deadline_secs', 'rollback_pass_secs'] as const;
const SWITCHES = ['allow_self_approval', 'require_comment', 'auto_rollback', 'ai_requires_approval'] as const;
const ALLOWED = ['privileged', 'host_namespaces', 'docker_socket', 'devices', 'security_opt', 'cluster_scoped'] as const;
const LISTS = ['bind_mounts', 'capabilities', 'other_namespaces'] as const;
const MINUTE = 60;
const LARGER = [['day', 24 * 60 * MINUTE], ['hour', 60 * MINUTE]] as const;

/** A long time in the largest unit that it fills, `7 days`; undefined below an hour. */
function inWords(secs: number): string | undefined {
  const [unit, each] = LARGER.find(([, each]) => secs >= each) ?? [];
  return unit === undefined || each === undefined ? undefined : new Intl.NumberFormat(currentLocale(), { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 1 }).format(secs / each);
}

/** One environment's policy as a form. What saving would change is shown, and asked for, before it is sent. */
export function PolicyForm({ environment, policy }: { environment: Schemas['Environment']; policy: Policy }) {
  const { t } = useTranslation(['policies', 'shell', 'codes']);
  const queries = useQueryClient();
  const mayReadRoles = useMay('access:read');
  const roles = useQuery({ ...administrationQueries.roles(), enabled: mayReadRoles });
  const [draft, setDraft] = useState(policy);
  const edit = environment.actions.find((action) => action.name === 'edit_policy');
  const locked = edit?.allowed !== true;
  const set = (next: Partial<Policy>) => setDraft((before) => ({ ...before, ...next }));
  const allow = (next: Partial<Policy['allow']>) => set({ allow: { ...draft.allow, ...next } });
  const changed = changes(policy, draft);
  const save = useCommand((next: Policy) => catalogue.putPolicy(environment.id, environment.version, next), {
    success: (answer) => {
      queries.setQueryData(keys.one('environment', environment.id), answer);
      void queries.invalidateQueries({ queryKey: keys.one('policy', environment.id, 'revisions') });
    },
  });
  const wrong = fieldErrors(save.error);
  const known = [...new Set([...(roles.data?.items ?? []).map((role) => role.key), ...draft.approver_roles, ...draft.break_glass_roles])].toSorted();
  const stale = isApiError(save.error) && save.error.code === 'stale';
  return (
    <Stack component="form" maw={960} onSubmit={(event) => { event.preventDefault(); save.mutate(draft); }}>
      <Fieldset legend={t('group.approval')} disabled={locked}>
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <Choice label={t('field.approval')} value={draft.approval} data={(['none', 'required'] as const).map((value) => ({ value, label: t(`approval.${value}`) }))} onChange={(value) => set({ approval: value as Policy['approval'] })} />
            <NumberField label={t('field.min_approvals')} min={1} max={20} value={draft.min_approvals} error={wrong('/min_approvals')} onChange={(value) => set({ min_approvals: Number(value) })} />
          </SimpleGrid>
          <Ticks label={t('field.approver_roles')} data={known} value={draft.approver_roles} error={wrong('/approver_roles')} onChange={(value) => set({ approver_roles: value })} />
          <Ticks label={t('field.break_glass_roles')} description={t('breakGlassHint')} data={known} value={draft.break_glass_roles} error={wrong('/break_glass_roles')} onChange={(value) => set({ break_glass_roles: value })} />
          <SimpleGrid cols={{ base: 1, sm: 2 }}>{SWITCHES.map((name) => <Switch key={name} label={t(`field.${name}`)} checked={draft[name]} onChange={(event) => set({ [name]: event.currentTarget.checked })} />)}</SimpleGrid>
          <Text size="sm" fw={500}>{t('field.risk_approvals')}</Text>
          <SimpleGrid cols={{ base: 2, sm: 4 }} style={{ alignItems: 'end' }}>
            {RISKS.map((risk) => (
              <NumberField
                key={risk}
                label={t(`codes:risk.${risk}`)}
                min={0}
                max={20}
                value={draft.risk_approvals[risk] ?? 0}
                onChange={(value) => {
                  const { [risk]: _, ...others } = draft.risk_approvals;
                  set({ risk_approvals: Number(value) > 0 ? { ...others, [risk]: Number(value) } : others });
                }}
              />
            ))}
          </SimpleGrid>
        </Stack>
      </Fieldset>
      <Fieldset legend={t('group.time')} disabled={locked}>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {SECONDS.map((name) => (
            <NumberField key={name} label={t(`field.${name}`)} rightSection={t('minutes')} rightSectionWidth={72} min={0} step={0.01} value={draft[name] / MINUTE} error={wrong(`/${name}`)} description={inWords(draft[name])} inputWrapperOrder={['label', 'input', 'description', 'error']} onChange={(value) => set({ [name]: Math.round(Number(value) * MINUTE) })} />
          ))}
          <Choice label={t('field.rollback_approval')} value={draft.rollback_approval} data={(['pass', 'required', 'none'] as const).map((value) => ({ value, label: t(`rollback.${value}`) }))} onChange={(value) => set({ rollback_approval: value as Policy['rollback_approval'] })} />
        </SimpleGrid>
      </Fieldset>
      <Windows windows={draft.freeze_windows} locked={locked} wrong={wrong} onChange={(freeze_windows) => set({ freeze_windows })} />
      <Fieldset legend={t('group.allow')} disabled={locked}>
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 1, sm: 2 }}>{ALLOWED.map((name) => <Checkbox key={name} label={t(`allow.${name}`)} checked={draft.allow[name] === true} onChange={(event) => allow({ [name]: event.currentTarget.checked })} />)}</SimpleGrid>
          {LISTS.map((name) => <Lines key={name} label={t(`allow.${name}`)} value={draft.allow[name] ?? []} error={wrong(`/allow/${name}`)} onChange={(value) => allow({ [name]: value })} />)}
        </Stack>
      </Fieldset>
      {changed.length === 0 ? null : (
        <Alert color={changed.some((each) => each.weaker) ? 'orange' : 'blue'} title={t('toChange', { count: changed.length })} role="status">
          <ChangeList changes={changed} />
        </Alert>
      )}
      {stale ? <Alert color="orange" role="alert">{t('stale')}</Alert> : save.error === null ? null : <ProblemNotice error={save.error} />}
      <Group justify="flex-end">
        {changed.length === 0 ? null : <Button variant="default" onClick={() => setDraft(policy)}>{t('undo')}</Button>}
        {locked ? <ActionButton action={edit} onClick={() => undefined}>{t('savePolicy')}</ActionButton> : changed.length === 0 ? <Text size="sm" c="dimmed">{t('nothingChanged')}</Text> : <Button type="submit" loading={save.isPending}>{t('savePolicy')}</Button>}
      </Group>
    </Stack>
  );
}
