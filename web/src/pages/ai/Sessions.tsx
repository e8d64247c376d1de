import { ActionIcon, Button } from '@mantine/core';
import { IconChevronDown, IconChevronRight, IconPlus, IconTrash } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { keys } from '../../api/keys';
import { assistant } from '../../api/modules/assistant';
import type { Schemas } from '../../api/types';
import { useCommand } from '../../api/useCommand';
import { Confirm } from '../../components/Confirm';
import { Moment } from '../../components/Moment';
import classes from './AiPage.module.css';

type Session = Schemas['AssistantSession'];
type Props = { sessions: readonly Session[]; chosen: string | undefined; more: (() => void) | undefined; onGone: () => void };

/** The person's own sessions, newest first; folded away on a narrow screen. */
export function Sessions({ sessions, chosen, more, onGone }: Props) {
  const { t } = useTranslation(['ai', 'shell']);
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [leaving, setLeaving] = useState<Session>();
  const remove = useCommand((id: string) => assistant.remove(id), {
    success: (_, id) => {
      setLeaving(undefined);
      queries.removeQueries({ queryKey: keys.one('assistant', id) });
      void queries.invalidateQueries({ queryKey: keys.list('assistant') });
      if (id === chosen) onGone();
    },
  });
  const titled = ({ title }: Session) => (title === '' ? t('ai:sessions.untitled') : title);
  const Chevron = open ? IconChevronDown : IconChevronRight;
  return (
    <nav className={classes['sessions']} aria-label={t('ai:sessions.region')}>
      <div className={classes['sessionsHead']}>
        <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} renderRoot={(props) => <Link from="/ai" to="." search={(prev) => ({ ...prev, session: undefined })} {...props} />}>
          {t('ai:sessions.new')}
        </Button>
        {sessions.length === 0 ? null : (
          <Button variant="subtle" hiddenFrom="md" leftSection={<Chevron size={16} aria-hidden />} aria-expanded={open} onClick={() => setOpen((now) => !now)}>
            {t('ai:sessions.show', { count: sessions.length })}
          </Button>
        )}
      </div>
      <ul className={classes['sessionList']} data-open={open}>
        {sessions.map((session) => (
          <li key={session.id} className={classes['session']}>
            <Link from="/ai" to="." search={(prev) => ({ ...prev, session: session.id })} className={classes['sessionLink']} aria-current={session.id === chosen ? 'page' : undefined}>
              {titled(session)}
            </Link>
            <span className={classes['sessionAge']}>
              <Moment at={session.updated_at} />
            </span>
            <ActionIcon variant="subtle" color="gray" size={28} aria-label={t('ai:sessions.delete', { title: titled(session) })} onClick={() => setLeaving(session)}>
              <IconTrash size={15} aria-hidden />
            </ActionIcon>
          </li>
        ))}
        {more === undefined ? null : (
          <li>
            <Button variant="subtle" size="xs" onClick={more}>
              {t('shell:action.loadMore')}
            </Button>
          </li>
        )}
      </ul>
      {leaving === undefined ? null : (
        <Confirm title={t('ai:sessions.delete', { title: titled(leaving) })} confirm={t('ai:sessions.deleteIt')} pending={remove.isPending} error={remove.error} onConfirm={() => remove.mutate(leaving.id)} onClose={() => setLeaving(undefined)}>
          {t('ai:sessions.deleteLead')}
        </Confirm>
      )}
    </nav>
  );
}
