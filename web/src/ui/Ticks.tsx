import { Checkbox, Group, type CheckboxGroupProps } from '@mantine/core';

type Props<V extends string> = Omit<CheckboxGroupProps, 'value' | 'onChange' | 'children'> & { data: readonly V[]; value: readonly V[]; onChange: (value: V[]) => void };

/** Any of a few, all of them in sight. */
export function Ticks<V extends string>({ data, value, onChange, disabled, ...rest }: Props<V> & { disabled?: boolean }) {
  return (
    <Checkbox.Group {...rest} value={[...value]} onChange={(next) => onChange(next as V[])}>
      <Group gap="8px 20px" mt={6} mah={260} style={{ overflowY: 'auto' }}>
        {data.map((each) => (
          <Checkbox key={each} value={each} label={each} disabled={disabled === true} />
        ))}
      </Group>
    </Checkbox.Group>
  );
}
