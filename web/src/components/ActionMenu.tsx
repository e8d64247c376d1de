import { ActionIcon, Menu } from '@mantine/core';
import { IconDotsVertical } from '@tabler/icons-react';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import { useReason, type AnyAction } from './useReason';

type Entry = {
  label: string;
  /** What the server says this caller may do; undefined where nothing was said, which is a no. */
  action: AnyAction | undefined;
  /** Stands apart from what does no harm. */
  destructive?: boolean;
  onClick: () => void;
};

/** What may be done with something beside what one mostly does with it. What is not allowed stays and says why. */
export function ActionMenu({ of, entries }: { of: string; entries: readonly Entry[] }) {
  const { t } = useTranslation('shell');
  const { whyNot } = useReason();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="default" size={34} aria-label={t('action.of', { name: of })}>
          <IconDotsVertical size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {entries.map(({ label, action, destructive = false, onClick }, at) => {
          const may = action?.allowed === true;
          const why = whyNot(action).join(' ');
          return (
            <Fragment key={label}>
              {destructive && at > 0 ? <Menu.Divider /> : null}
              <Menu.Item
                aria-disabled={!may}
                {...(destructive ? { color: 'red' } : {})}
                {...(may ? {} : { 'aria-description': why, c: 'dimmed' })}
                closeMenuOnClick={may}
                onClick={() => {
                  if (may) onClick();
                }}
              >
                {label}
                {may ? null : <div style={{ fontSize: 12 }}>{why}</div>}
              </Menu.Item>
            </Fragment>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
