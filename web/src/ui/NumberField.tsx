import { TextInput, type TextInputProps } from '@mantine/core';
import { useState } from 'react';

type Props = Omit<TextInputProps, 'value' | 'onChange' | 'type'> & { value: number; onChange: (value: number) => void; min?: number; max?: number; step?: number };

/** A number as the browser asks for one. What is no number yet stays in the field and is not told. */
export function NumberField({ value, onChange, ...rest }: Props) {
  const [typed, setTyped] = useState(String(value));
  // What was typed stands while it means the value: "1." is not made "1" under the cursor.
  const shown = Number(typed) === value && typed !== '' ? typed : typed === '' ? '' : String(value);
  return (
    <TextInput
      {...rest}
      type="number"
      inputMode="decimal"
      value={shown}
      onChange={(event) => {
        const text = event.currentTarget.value;
        setTyped(text);
        if (text !== '' && Number.isFinite(Number(text))) onChange(Number(text));
      }}
    />
  );
}
