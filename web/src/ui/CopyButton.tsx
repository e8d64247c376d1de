import { ActionIcon, Popover, TextInput } from '@mantine/core';
import { IconCheck, IconCopy, IconLink } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTip } from './useTip';

const SHOWN_MS = 1_500;

/** Copies a text. Where the page has no clipboard (plain HTTP), it shows the text selected instead. */
export function CopyButton({ value, label, copied, select, link = false }: { value: string; label: string; copied: string; select: string; link?: boolean }) {
  const [state, setState] = useState<'idle' | 'copied' | 'select'>('idle');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    // Absent in an insecure context, whatever its type says.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    if (clipboard === undefined) return setState('select');
    try {
      await clipboard.writeText(value);
      setState('copied');
      timer.current = setTimeout(() => setState('idle'), SHOWN_MS);
    } catch {
      setState('select');
    }
  };
  const Icon = state === 'copied' ? IconCheck : link ? IconLink : IconCopy;
  const { props, tip } = useTip<HTMLButtonElement>(() => (state === 'copied' ? copied : label));
  return (
    <>
      <ActionIcon {...props} variant="subtle" color="gray" size={24} aria-label={label} onClick={() => void copy()}>
        <Icon size={15} aria-hidden />
      </ActionIcon>
      {tip}
      {state === 'select' ? (
        <Popover opened onChange={() => setState('idle')} trapFocus withArrow>
          <Popover.Target>
            <span />
          </Popover.Target>
          <Popover.Dropdown>
            <TextInput label={select} value={value} readOnly data-autofocus onFocus={(e) => e.currentTarget.select()} />
          </Popover.Dropdown>
        </Popover>
      ) : null}
      <span className="visually-hidden" role="status">
        {state === 'copied' ? copied : ''}
      </span>
    </>
  );
}
