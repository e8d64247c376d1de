import { Badge } from '@mantine/core';
import { IconCircleCheck, IconCircleX, IconHelpCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Schemas } from '../../api/types';

const LOOK = {
  reachable: { color: 'green', Icon: IconCircleCheck },
  unreachable: { color: 'red', Icon: IconCircleX },
  unknown: { color: 'gray', Icon: IconHelpCircle },
} as const;

/** Whether a target answered its newest probe: by sign and word as well as by colour. */
export function Reachability({ value }: { value: Schemas['Reachability'] }) {
  const { t } = useTranslation('targets');
  const { color, Icon } = LOOK[value];
  return (
    <Badge variant="light" color={color} leftSection={<Icon size={14} aria-hidden />}>
      {t(`reachability.${value}`)}
    </Badge>
  );
}
