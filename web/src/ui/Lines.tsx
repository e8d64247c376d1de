import { Textarea, type TextareaProps } from '@mantine/core';
import { useState } from 'react';

type Props = Omit<TextareaProps, 'value' | 'onChange'> & { value: readonly string[]; onChange: (value: string[]) => void };

const kept = (text: string) => text.split('\n').map((line) => line.trim()).filter((line) => line !== '');

/** Several texts, one a line. */
export function Lines({ value, onChange, ...rest }: Props) {
  const [typed, setTyped] = useState(value.join('\n'));
  const shown = kept(typed).join('\n') === value.join('\n') ? typed : value.join('\n');
  return (
    <Textarea
      {...rest}
      autosize
      minRows={1}
      spellCheck={false}
      value={shown}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        onChange(kept(event.currentTarget.value));
      }}
    />
  );
}
