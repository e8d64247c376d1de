import { ActionIcon, Group, Menu } from '@mantine/core';
import { IconDotsVertical } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Release } from '../../api/types';
import { ActionButton } from '../../components/ActionButton';
import { ProblemNotice } from '../../components/ProblemNotice';
import { actionFor, actionOf, flowOf, openable, type Command } from '../../components/release/flow';
import { useReleaseCommand } from '../../components/release/useReleaseCommand';

/** The next step first, the others beside it; what is not allowed says why. */
export function ReleaseActions({ release, className }: { release: Release; className?: string | undefined }) {
  const { t } = useTranslation('releases');
  const { primary, secondary } = flowOf(release);
  const { run, pending, error } = useReleaseCommand(release);
  const known = (command: Command) => actionOf(release, actionFor(command)) !== undefined;
  const all = [...(primary === undefined ? [] : [primary]), ...secondary].filter(known);
  if (all.length === 0) return null;
  // What destroys stands apart from what does not.
  const apart = (command: Command) => command === 'cancel' || command === 'break_glass' || (command === 'rollback' && primary !== 'rollback');
  const button = (command: Command) => (
    <ActionButton
      key={command}
      action={openable(actionOf(release, actionFor(command)))}
      variant={command === primary ? 'filled' : apart(command) ? 'outline' : 'default'}
      color={command === 'rollback' || command === 'break_glass' ? 'red' : command === 'cancel' ? 'gray' : 'blue'}
      loading={pending === command}
      onClick={() => run(command)}
    >
      {command === 'preview' && release.preview === null ? t('again.preview_first') : t(`again.${command}`)}
    </ActionButton>
  );
  return (
    <div className={className}>
      {error === null ? null : <ProblemNotice error={error} />}
      <Group justify="space-between" gap="sm" mt={error === null ? 0 : 'sm'}>
        <Group gap="xs">{all.filter((c) => !apart(c)).map(button)}</Group>
        <Group gap="xs">{all.filter(apart).map(button)}</Group>
      </Group>
    </div>
  );
}

export function ReleaseMenu({ release }: { release: Release }) {
  const { t } = useTranslation(['releases', 'shell']);
  const { run } = useReleaseCommand(release);
  const ndjson = async () => {
    const answer = await fetch(`/api/v1/releases/${release.id}/timeline`, { headers: { accept: 'application/x-ndjson' } });
    const { saveText } = await import('../../ui/saveText');
    saveText(`release-${release.number}.ndjson`, await answer.text(), 'application/x-ndjson');
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size={34} aria-label={t('shell:action.menu')}>
          <IconDotsVertical size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {actionOf(release, 'copy')?.allowed === true ? <Menu.Item onClick={() => run('copy')}>{t('releases:again.copy')}</Menu.Item> : null}
        <Menu.Item onClick={() => void ndjson()}>{t('releases:menu.ndjson')}</Menu.Item>
        <Menu.Item component={Link} to={`/audit?release=${release.id}`}>
          {t('releases:menu.audit')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
