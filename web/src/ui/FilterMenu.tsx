import { Button, Menu } from '@mantine/core';
import { IconCheck, IconChevronDown } from '@tabler/icons-react';

type Props<V extends string> = {
  label: string;
  options: readonly { value: V; label: string }[];
  chosen: readonly V[];
  onChange: (chosen: V[]) => void;
  /** Takes all ticks away. */
  clear: string;
};

/** A list's filter: its name, what is chosen, and the ticks behind it. Stays open while one ticks. */
export function FilterMenu<V extends string>({ label, options, chosen, onChange, clear }: Props<V>) {
  const on = options.filter((each) => chosen.includes(each.value));
  const said = on.length === 0 ? label : on.length === 1 ? `${label}: ${on[0]?.label ?? ''}` : `${label}: ${on.length}`;
  return (
    <Menu position="bottom-start" closeOnItemClick={false}>
      <Menu.Target>
        <Button variant={on.length === 0 ? 'default' : 'light'} rightSection={<IconChevronDown size={14} aria-hidden />} px="sm" fw={500}>
          {said}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflowY: 'auto' }} aria-label={label}>
        {options.map(({ value, label: text }) => {
          const ticked = chosen.includes(value);
          return (
            <Menu.Item
              key={value}
              role="menuitemcheckbox"
              aria-checked={ticked}
              leftSection={ticked ? <IconCheck size={16} aria-hidden /> : <span style={{ width: 16 }} />}
              onClick={() => onChange(ticked ? chosen.filter((each) => each !== value) : [...chosen, value])}
            >
              {text}
            </Menu.Item>
          );
        })}
        {on.length === 0 ? null : (
          <>
            <Menu.Divider />
            <Menu.Item onClick={() => onChange([])}>{clear}</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
