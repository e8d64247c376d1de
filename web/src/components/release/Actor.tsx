import { Badge } from '@mantine/core';
import { IconKey, IconRobot } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Actor as Who } from '../../api/types';

/** A name, and what it is where it is no person. */
export function Actor({ actor }: { actor: Who }) {
  const { kind } = actor;
  return kind === 'human' ? <span>{actor.name}</span> : <Other actor={{ ...actor, kind }} />;
}

/** Whoever is no person. */
function Other({ actor }: { actor: Who & { kind: Exclude<Who['kind'], 'human'> } }) {
  const { t } = useTranslation('codes');
  if (actor.kind === 'system') return <span>{t('actorKind.system')}</span>;
  const Icon = actor.kind === 'assistant' ? IconRobot : IconKey;
  return (
    <span>
      {actor.name}{' '}
      <Badge size="xs" color="grape" leftSection={<Icon size={11} aria-hidden />}>
        {t(`actorKind.${actor.kind}`)}
      </Badge>
    </span>
  );
}
