import { Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Release } from '../../api/types';
import { Bar } from '../../ui/Bar';

type Props = { release: Pick<Release, 'stage' | 'lifecycle_state'>; wide?: boolean };

/** How far a run is; nothing where none runs. */
export function StageBar({ release, wide = false }: Props) {
  return release.lifecycle_state === 'applying' || release.lifecycle_state === 'rollback' ? <Running release={release} wide={wide} /> : null;
}

/** Said of a run alone: most rows of a list have none. */
function Running({ release, wide = false }: Props) {
  const { t } = useTranslation('codes');
  const { name, objects_done: done, objects_total: total } = release.stage;
  const text = total > 0 ? `${t(`stage.${name}`)} ${done}/${total}` : t(`stage.${name}`);
  return (
    <Stack gap={3} miw={wide ? undefined : 110}>
      <Text size={wide ? 'sm' : 'xs'}>{text}</Text>
      <Bar done={total === 0 ? 0 : done / total} thin={!wide} label={text} />
    </Stack>
  );
}
