import { Group, Stack, Text, Textarea } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/keys';
import { deployment } from '../../api/modules/deployment';
import type { Ticket } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { ActionButton } from '../ActionButton';
import { ProblemNotice } from '../ProblemNotice';
import classes from './DecideBox.module.css';
import { toast } from '../../ui/toast';

type Decision = { decision: 'approve' | 'reject'; comment: string };

/** Approve or reject the plan that this ticket names; the plan's hash goes with it, so that another is never approved. */
export function DecideBox({ ticket, onDecided }: { ticket: Ticket; onDecided?: () => void }) {
  const { t } = useTranslation(['releases', 'codes']);
  const queries = useQueryClient();
  const [comment, setComment] = useState('');
  const [asked, setAsked] = useState(false);
  const renew = () => {
    void queries.invalidateQueries({ predicate: (q) => keys.isList(q.queryKey) });
    void queries.invalidateQueries({ queryKey: keys.release(ticket.release.id) });
    void queries.invalidateQueries({ queryKey: keys.one('approval', ticket.id) });
  };
  const decide = useCommand(
    ({ decision, comment: said }: Decision, key) => (decision === 'approve' ? deployment.approve(ticket.id, ticket.plan_hash, said === '' ? undefined : said, key) : deployment.reject(ticket.id, said, key)),
    {
      success: (answer, { decision }) => {
        renew();
        toast(`#${ticket.release.number} · ${t(decision === 'approve' ? 'codes:verdict.approved' : 'codes:verdict.rejected')}`);
        if (answer.status !== 'pending') onDecided?.();
      },
      error: renew,
    },
  );
  const actionOf = (name: string) => ticket.actions.find((a) => a.name === name);
  const allowed = actionOf('approve')?.allowed === true;
  const run = (decision: Decision['decision']) => {
    const said = comment.trim();
    if (said === '' && (decision === 'reject' || ticket.rule.require_comment)) return setAsked(true);
    decide.mutate({ decision, comment: said });
  };
  const button = (decision: Decision['decision']) => (
    <ActionButton action={actionOf(decision)} color={decision === 'approve' ? 'green' : 'red'} variant={decision === 'approve' ? 'filled' : 'outline'} loading={decide.isPending && decide.variables.decision === decision} onClick={() => run(decision)}>
      {t(`releases:approvals.${decision}`)}
    </ActionButton>
  );
  return (
    <Stack gap="sm">
      {decide.error === null ? null : <ProblemNotice error={decide.error} />}
      {allowed ? (
        <Textarea
          label={t(ticket.rule.require_comment ? 'releases:approvals.commentRequired' : 'releases:approvals.comment')}
          value={comment}
          onChange={(e) => {
            setComment(e.currentTarget.value);
            setAsked(false);
          }}
          error={asked && comment.trim() === '' ? t('releases:approvals.rejectNeeds') : undefined}
          autosize
          minRows={1}
          maxLength={2000}
        />
      ) : (
        <Text size="sm" c="dimmed">
          {actionOf('approve')?.reasons[0]?.reason_code === undefined ? null : ''}
        </Text>
      )}
      <Group justify="space-between" className={classes['bar']}>
        {button('approve')}
        {button('reject')}
      </Group>
    </Stack>
  );
}
