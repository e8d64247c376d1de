import { Modal, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { queries } from '../../queries';
import { SignInForm } from '../SignInForm';
import { useSession } from '../useMe';

/** A session that ended mid-work: signing in goes on above the page, which keeps what was typed. */
export default function SessionSheet() {
  const { t } = useTranslation('signIn');
  const { state, me } = useSession();
  return (
    <Modal opened={state === 'ended'} onClose={() => undefined} withCloseButton={false} closeOnEscape={false} closeOnClickOutside={false} title={t('endedTitle')} zIndex={1000}>
      <Text size="sm" mb="md">
        {t('endedLead')}
      </Text>
      <SignInForm
        username={me?.user.username ?? ''}
        onSignedIn={(now) => {
          // Somebody else may read other things than what is on screen.
          if (now.user.id !== me?.user.id) location.reload();
          else void queries.invalidateQueries();
        }}
      />
    </Modal>
  );
}
