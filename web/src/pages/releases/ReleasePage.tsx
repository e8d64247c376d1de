import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { releaseQuery } from '../../api/modules/deployment';
import { isApiError } from '../../api/problem';
import { DataRegion, Empty } from '../../components/DataRegion';
import { Page } from '../../components/Page';
import { ReleaseDetail } from './ReleaseDetail';
import { releaseRoute } from './routes';

export function ReleasePage() {
  const { t } = useTranslation('releases');
  const { id } = releaseRoute.useParams();
  const release = useQuery(releaseQuery(id));
  // A stranger's id and one that never was read the same: the server does not tell them apart.
  if (release.data === undefined && isApiError(release.error) && ['not_found', 'forbidden', 'invalid_query', 'invalid_body'].includes(release.error.code)) {
    return (
      <Page title={t('missing.title')}>
        <Empty
          title={t('missing.hint')}
          action={
            <Button component={Link} to="/releases" variant="default">
              {t('missing.search')}
            </Button>
          }
        />
      </Page>
    );
  }
  if (release.data === undefined) {
    return (
      <Page title={t('title')}>
        <DataRegion query={release} label={t('title')}>
          {() => null}
        </DataRegion>
      </Page>
    );
  }
  return <ReleaseDetail key={id} release={release.data} stale={release.error} />;
}
