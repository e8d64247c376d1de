import { Alert, Button, Group, List, Loader, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/keys';
import { deployment } from '../../api/modules/deployment';
import { isApiError } from '../../api/problem';
import type { Release } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { Moment } from '../Moment';
import { ProblemNotice } from '../ProblemNotice';
import { PlanCounts } from './PlanCounts';
import { ChangeLine } from './ChangeLine';
import { usePrepared, type Ready } from './usePrepared';
import type { SheetCard, SheetRequest } from './useSheet';
import { toast } from '../../ui/toast';
import { useConfirmKey } from '../../ui/useConfirmKey';

/** Rows of a plan that a sheet names; the plan itself is on the page. */
const NAMED = 8;

/**
 * The one sheet that confirms a command. It shows the plan that will run; one that is not what was on screen is shown as
 * changed and nothing is sent before it was looked at.
 */
export function ReleaseSheet({ request, onClose }: { request: SheetRequest; onClose: () => void }) {
  const { t } = useTranslation(['releases', 'sheet', 'codes', 'shell']);
  const narrow = useMediaQuery('(max-width: 48em)');
  const { command, release } = request;
  const values = { service: release.service.name, version: release.app_version, target: release.target.name };
  return (
    <Modal opened onClose={onClose} size="lg" fullScreen={narrow === true} title={<Text fw={650}>{t(`sheet:${command}`)}</Text>} closeButtonProps={{ 'aria-label': t('shell:action.close') }}>
      <Text mb="md">{t('sheet:what', values)}</Text>
      {command === 'cancel' ? <CancelBody request={request} onClose={onClose} /> : <PlannedBody request={{ ...request, command }} onClose={onClose} />}
    </Modal>
  );
}

/** Accepts a card: the release as it is then, or nothing where a gate refused, which the card shows as its result. */
async function answered(release: Release, card: SheetCard, words: { comment: string } | { reason: string } | undefined): Promise<Release | undefined> {
  const result = await deployment.answer(card, true, words);
  return result.ok ? deployment.get(release.id) : undefined;
}

function renewCard(queries: QueryClient, card: SheetCard | undefined) {
  if (card !== undefined) void queries.invalidateQueries({ queryKey: keys.one('assistant', card.session) });
}

type Planned = Exclude<SheetRequest['command'], 'cancel'>;

type PlannedRequest = SheetRequest & { command: Planned };
/** What a person adds: a comment or reason, and the environment's name where that is asked. */
type Said = { text: string; typed: string };

function PlannedBody({ request, onClose }: { request: PlannedRequest; onClose: () => void }) {
  const { t } = useTranslation('sheet');
  const prepared = usePrepared(request);
  const [said, setSaid] = useState<Said>({ text: request.card?.text ?? '', typed: '' });
  if (prepared.state === 'preparing') {
    return (
      <Group role="status" py="lg">
        <Loader size="sm" />
        <Text>{t('preparing')}</Text>
      </Group>
    );
  }
  if (prepared.state === 'failed') return <ProblemNotice error={prepared.error} retry={prepared.again} />;
  return <PlannedForm request={request} prepared={prepared.prepared} changed={prepared.state === 'changed'} said={said} onSaid={setSaid} onAgain={prepared.again} onAccept={prepared.accept} onClose={onClose} />;
}

type FormProps = { request: PlannedRequest; prepared: Ready; changed: boolean; said: Said; onSaid: (said: Said) => void; onAgain: () => void; onAccept: () => void; onClose: () => void };

function PlannedForm({ request, prepared, changed, said: { text, typed }, onSaid, onAgain, onAccept, onClose }: FormProps) {
  const { t } = useTranslation(['releases', 'sheet', 'codes', 'shell']);
  const { command, release, card } = request;
  const { preview } = prepared;
  const { plan } = preview;
  const queries = useQueryClient();

  const needsText = command === 'rollback' || command === 'break_glass';
  const send = useCommand<{ token: string | undefined; text: string }, Release | undefined>(
    async ({ token, text: said }, key) => {
      const comment = said === '' ? undefined : said;
      if (card !== undefined) return answered(release, card, said === card.text ? undefined : needsText ? { reason: said } : { comment: said });
      if (token === undefined) throw new Error('there is no token to send');
      switch (command) {
        case 'submit':
          return deployment.submit(release.id, token, comment, key);
        case 'release': {
          // Two requests of one click: each has a key of its own, made from the click's, so that a retry repeats neither.
          const now = await deployment.get(release.id);
          if (now.lifecycle_state === 'previewed') await deployment.submit(release.id, token, comment, `${key}-submit`);
          return deployment.apply(release.id, token, undefined, `${key}-apply`);
        }
        case 'apply':
          return deployment.apply(release.id, token, undefined, key);
        case 'break_glass':
          return deployment.apply(release.id, token, { reason: said }, key);
        case 'rollback':
          return deployment.rollBack(release.id, token, said, key);
      }
    },
    {
      success: (answer) => {
        if (answer !== undefined) {
          queries.setQueryData(keys.release(release.id), answer);
          toast(`#${answer.number} · ${t(`codes:lifecycle.${answer.lifecycle_state}`)}`);
        }
        void queries.invalidateQueries({ predicate: (q) => keys.isList(q.queryKey) });
        renewCard(queries, card);
        onClose();
      },
      error: (error) => {
        if (isApiError(error) && error.code === 'preview_required') deployment.forget(release.id, preview.kind);
        void queries.invalidateQueries({ queryKey: keys.release(release.id) });
        renewCard(queries, card);
      },
    },
  );

  const destructive = plan.changes.filter((c) => c.action === 'delete' || c.action === 'replace' || c.risks.some((r) => r.code === 'volume' || r.code === 'replicas_zero'));
  const failed = preview.checks.filter((c) => c.status === 'failed');
  const guards = release.environment.kind === 'production' && (command === 'rollback' || (destructive.length > 0 && command !== 'submit'));
  const ready = !send.isPending && failed.length === 0 && !changed && (!needsText || text.trim() !== '') && (!guards || typed === release.environment.key);
  const run = () => {
    if (ready) send.mutate({ token: prepared.token, text: text.trim() });
  };
  const heavy = destructive.length > 0 || command === 'rollback' || command === 'break_glass';
  const stalePreview = isApiError(send.error) && send.error.code === 'preview_required';
  const waitsForTicket = isApiError(send.error) && command === 'rollback' && send.error.code === 'approval_required';

  useConfirmKey(run);
  const form = useRef<HTMLDivElement>(null);
  // It was not there yet when the dialog gave focus to what it had.
  useEffect(() => form.current?.querySelector<HTMLElement>('[data-autofocus]')?.focus(), []);

  return (
    <Stack ref={form}>
      {changed ? (
        <Alert color="orange" role="alert" icon={<IconAlertTriangle aria-hidden />} title={t('sheet:changed')}>
          <Text size="sm">{t(card === undefined ? 'sheet:changedHint' : 'sheet:changedCard')}</Text>
        </Alert>
      ) : null}
      <PlanCounts summary={plan.summary} words />
      <List listStyleType="none" spacing={4}>
        {plan.changes
          .filter((c) => c.action !== 'unchanged')
          .slice(0, NAMED)
          .map((change) => (
            <List.Item key={change.key}>
              <ChangeLine change={change} />
            </List.Item>
          ))}
      </List>
      {plan.changes.filter((c) => c.action !== 'unchanged').length > NAMED ? (
        <Text size="sm" c="dimmed">
          {t('sheet:more', { count: plan.changes.filter((c) => c.action !== 'unchanged').length - NAMED })}
        </Text>
      ) : null}
      {destructive.length > 0 ? (
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={t('sheet:destructive')}>
          <List size="sm">
            {destructive.map((change) => (
              <List.Item key={change.key}>
                {t(`codes:planAction.${change.action}`)} {change.resource.kind} <b>{change.resource.name}</b>
              </List.Item>
            ))}
          </List>
        </Alert>
      ) : null}
      {(preview.irreversible ?? []).length > 0 ? (
        <Alert color="orange" title={t('releases:rollback.irreversible')}>
          <List size="sm">
            {(preview.irreversible ?? []).map((each) => (
              <List.Item key={each.key}>
                {each.key}: {t(`codes:check.${each.code}`)}
              </List.Item>
            ))}
          </List>
        </Alert>
      ) : null}
      {failed.length > 0 ? (
        <Alert color="red" title={t('sheet:checksFailed')}>
          <List size="sm">
            {failed.map((check) => (
              <List.Item key={`${check.code} ${check.message}`}>
                <b>{t(`codes:check.${check.code}`)}</b>: {check.message}
              </List.Item>
            ))}
          </List>
        </Alert>
      ) : null}
      {command === 'submit' && preview.approval.required > 0 ? <Text size="sm">{t('sheet:waiting', { count: preview.approval.required })}</Text> : null}
      {command === 'release' ? <Text size="sm">{t('sheet:free')}</Text> : null}
      {command === 'break_glass' ? (
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />}>
          {t('sheet:breakHint')}
        </Alert>
      ) : null}
      {command === 'rollback' && preview.approval.covered_until !== undefined && preview.approval.covered_until !== null ? (
        <Text size="sm">
          {t('releases:approvals.covered')} <Moment at={preview.approval.covered_until} />
        </Text>
      ) : null}
      {command === 'apply' || (card !== undefined && command === 'release') ? null : (
        <Textarea
          label={needsText ? t('sheet:reason') : t('sheet:comment')}
          description={needsText ? t('sheet:reasonHint') : undefined}
          value={text}
          onChange={(e) => onSaid({ text: e.currentTarget.value, typed })}
          required={needsText}
          data-autofocus={needsText ? true : undefined}
          autosize
          minRows={2}
          maxLength={2000}
        />
      )}
      {guards ? <TextInput label={t('sheet:type', { name: release.environment.key })} value={typed} onChange={(e) => onSaid({ text, typed: e.currentTarget.value })} autoComplete="off" spellCheck={false} autoCapitalize="none" required data-autofocus={needsText ? undefined : true} /> : null}
      {send.error === null ? null : waitsForTicket ? (
        <Alert color="blue" role="status">
          {t('sheet:ticket')}
        </Alert>
      ) : (
        <>
          <ProblemNotice error={send.error} {...(stalePreview ? { retry: onAgain } : {})} />
          {isApiError(send.error) && send.error.code === 'offline' ? <Text size="sm">{t('sheet:lost')}</Text> : null}
        </>
      )}
      <Group justify="space-between" mt="xs">
        {/* Where nothing is to be typed, focus begins here: an Enter that is held down confirms nothing. */}
        <Button variant="default" onClick={onClose} data-autofocus={needsText || guards ? undefined : true}>
          {t('shell:action.cancel')}
        </Button>
        {changed && card !== undefined ? null : changed ? (
          <Button key="accept" variant="light" onClick={onAccept}>
            {t('sheet:goOn')}
          </Button>
        ) : (
          <Button key="send" color={heavy ? 'red' : 'blue'} loading={send.isPending} disabled={!ready} onClick={run}>
            {command === 'submit'
              ? t('sheet:confirmSubmit')
              : command === 'rollback'
                ? t('sheet:confirmRollback', { target: release.target.name })
                : command === 'break_glass'
                  ? t('sheet:confirmBreak')
                  : t('sheet:confirmApply', { target: release.target.name })}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function CancelBody({ request: { release, card }, onClose }: { request: SheetRequest; onClose: () => void }) {
  const { t } = useTranslation(['sheet', 'shell']);
  const queries = useQueryClient();
  const [reason, setReason] = useState(card?.text ?? '');
  const cancel = useCommand((said: string, key): Promise<Release | undefined> => (card === undefined ? deployment.cancel(release.id, said, key) : answered(release, card, said === card.text ? undefined : { reason: said })), {
    success: (answer) => {
      if (answer !== undefined) queries.setQueryData(keys.release(release.id), answer);
      renewCard(queries, card);
      onClose();
    },
    error: () => renewCard(queries, card),
  });
  const ready = reason.trim() !== '' && !cancel.isPending;
  const run = () => {
    if (ready) cancel.mutate(reason.trim());
  };
  useConfirmKey(run);
  return (
    <Stack>
      <Text size="sm">{t(release.lifecycle_state === 'applying' ? 'sheet:cancelRunning' : 'sheet:cancelHint')}</Text>
      <Textarea label={t('sheet:reason')} value={reason} onChange={(e) => setReason(e.currentTarget.value)} required autosize minRows={2} maxLength={2000} data-autofocus />
      {cancel.error === null ? null : <ProblemNotice error={cancel.error} />}
      <Group justify="space-between">
        <Button variant="default" onClick={onClose}>
          {t('sheet:keep')}
        </Button>
        <Button color="red" loading={cancel.isPending} disabled={!ready} onClick={run}>
          {t('sheet:confirmCancel')}
        </Button>
      </Group>
    </Stack>
  );
}
