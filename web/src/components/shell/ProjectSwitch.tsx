import { NativeSelect } from '@mantine/core';
import { useNavigate, useRouterState } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useMe } from '../useMe';

/** `?project=`: what every page shows. A person of one project has nothing to switch. */
export function ProjectSwitch() {
  const { t } = useTranslation();
  const { projects } = useMe();
  const navigate = useNavigate();
  const { project } = useRouterState({ select: (s) => s.location.search as { project?: string } });
  if (projects.length < 2) return null;
  return (
    <NativeSelect
      aria-label={t('project.label')}
      size="xs"
      w={170}
      value={project ?? ''}
      data={[{ value: '', label: t('project.all') }, ...projects.map((p) => ({ value: p.id, label: p.name }))]}
      onChange={({ currentTarget: { value } }) => void navigate({ to: '.', search: (prev) => ({ ...prev, project: value === '' ? undefined : value }) as typeof prev })}
    />
  );
}
