import { IconArrowBackUp, IconBan, IconCheck, IconCircleDashed, IconClockPause, IconEye, IconLoader2, IconThumbUp, IconX, type Icon } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { LifecycleState } from '../../api/types';
import { Tag, type TagColor } from '../../ui/Tag';

const LOOKS: Record<LifecycleState, { color: TagColor; icon: Icon }> = {
  draft: { color: 'gray', icon: IconCircleDashed },
  previewed: { color: 'blue', icon: IconEye },
  pending_approval: { color: 'orange', icon: IconClockPause },
  approved: { color: 'teal', icon: IconThumbUp },
  rejected: { color: 'red', icon: IconX },
  applying: { color: 'blue', icon: IconLoader2 },
  applied: { color: 'green', icon: IconCheck },
  failed: { color: 'red', icon: IconX },
  rollback: { color: 'orange', icon: IconArrowBackUp },
  rolled_back: { color: 'gray', icon: IconArrowBackUp },
  cancelled: { color: 'gray', icon: IconBan },
};

/** Where a release stands: word, icon and colour. */
export function StateBadge({ state, size = 'md' }: { state: LifecycleState; size?: 'sm' | 'md' | 'lg' }) {
  const { t } = useTranslation('codes');
  const { color, icon } = LOOKS[state];
  return (
    <Tag color={color} size={size} icon={icon}>
      {t(`lifecycle.${state}`)}
    </Tag>
  );
}
