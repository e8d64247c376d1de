import { Kbd, Modal, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { singleKeys } from '../../ui/useShortcuts';

const KEYS = [
  ['palette', ['Ctrl K', '⌘ K']],
  ['help', ['?']],
  ['filter', ['/']],
  ['go', ['g', 'o r a s t p l i']],
  ['rows', ['j', 'k', 'Enter']],
  ['releases', ['[', ']']],
  ['changes', ['n', 'p']],
  ['mode', ['u']],
  ['expand', ['e']],
  ['create', ['c']],
  ['confirm', ['Ctrl Enter', '⌘ Enter']],
  ['close', ['Esc']],
] as const;

export default function Keys({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['keys', 'shell']);
  return (
    <Modal opened onClose={onClose} title={t('keys:title')} closeButtonProps={{ 'aria-label': t('shell:action.close') }}>
      {singleKeys.on() ? null : <Text size="sm" mb="sm">{t('keys:off')}</Text>}
      <Table>
        <Table.Tbody>
          {KEYS.map(([name, keys]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={400}>
                {t(`keys:${name}`)}
              </Table.Th>
              <Table.Td ta="right">
                {keys.map((key) => (
                  <Kbd key={key} ml={4}>
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
