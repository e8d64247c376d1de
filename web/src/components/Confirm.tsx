import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useConfirmKey } from '../ui/useConfirmKey';
import { ProblemNotice } from './ProblemNotice';

type Props = {
  title: string;
  children: ReactNode;
  confirm: string;
  /** A reason that the record keeps, asked where this is its label. */
  reason?: string;
  destructive?: boolean;
  pending: boolean;
  error: unknown;
  onConfirm: (reason: string) => void;
  onClose: () => void;
};

/** One question before something is taken away. `Ctrl/⌘ Enter` confirms. */
export function Confirm({ title, children, confirm, reason, destructive = true, pending, error, onConfirm, onClose }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const ready = !pending && (reason === undefined || text.trim() !== '');
  useConfirmKey(() => {
    if (ready) onConfirm(text.trim());
  });
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <Stack>
        <Text size="sm">{children}</Text>
        {reason === undefined ? null : <TextInput label={reason} value={text} onChange={(event) => setText(event.currentTarget.value)} required maxLength={500} data-autofocus />}
        {error === null || error === undefined ? null : <ProblemNotice error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('action.cancel')}
          </Button>
          <Button {...(destructive ? { color: 'red' } : {})} loading={pending} disabled={!ready} onClick={() => onConfirm(text.trim())}>
            {confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
