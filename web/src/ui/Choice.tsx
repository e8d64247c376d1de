import { NativeSelect, type NativeSelectProps } from '@mantine/core';

type Option<V extends string> = V | { value: V; label: string };
type Props<V extends string> = Omit<NativeSelectProps, 'data' | 'value' | 'onChange'> & {
  data: readonly Option<V>[];
  value: V | null | undefined;
  onChange: (value: V | null) => void;
  /** What stands there while nothing is chosen. */
  placeholder?: string;
  /** Whether nothing may be chosen again. */
  clearable?: boolean;
};

/** One of a few, by the browser's own list: it weighs nothing, and a phone shows its own wheel. */
export function Choice<V extends string>({ data, value, onChange, placeholder = '', clearable = false, ...rest }: Props<V>) {
  const options = data.map((each) => (typeof each === 'string' ? { value: each, label: each } : each));
  const none = clearable || !options.some((each) => each.value === value) ? [{ value: '', label: placeholder }] : [];
  return <NativeSelect {...rest} value={value ?? ''} data={[...none, ...options]} onChange={(event) => onChange(event.currentTarget.value === '' ? null : (event.currentTarget.value as V))} />;
}
