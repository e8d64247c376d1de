import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { releaseQuery } from '../../api/modules/deployment';
import type { Release, Schemas } from '../../api/types';
import { StateBadge } from '../../components/release/StateBadge';
import classes from './AiPage.module.css';

/** More are behind one link to all releases. */
const SHOWN = 8;

/** Where to look at what was done, or at what is told of. */
export function Links({ links }: { links: readonly Schemas['AssistantLink'][] }) {
  const { t } = useTranslation('ai');
  if (links.length === 0) return null;
  const more = links.length - SHOWN;
  return (
    <ul className={classes['links']} aria-label={t('links.label')}>
      {links.slice(0, SHOWN).map((link) => (
        <li key={`${link.kind} ${link.id}`}>
          <One link={link} />
        </li>
      ))}
      {more > 0 ? (
        <li>
          <Link to="/releases" className="text-link">
            {t('links.more', { count: more })}
          </Link>
        </li>
      ) : null}
    </ul>
  );
}

function One({ link: { kind, id } }: { link: Schemas['AssistantLink'] }) {
  const { t } = useTranslation('ai');
  switch (kind) {
    case 'release':
      return <ReleaseLink id={id} />;
    case 'ticket':
      return (
        <Link to="/approvals" search={{ ticket: id }} className="text-link">
          {t('links.ticket')}
        </Link>
      );
    case 'service':
      return (
        <Link to="/services/$id" params={{ id }} className="text-link">
          {t('links.service')}
        </Link>
      );
    case 'target':
      return (
        <Link to="/targets/$id" params={{ id }} className="text-link">
          {t('links.target')}
        </Link>
      );
    case 'environment':
      return (
        <Link to="/policies" search={{ environment: id }} className="text-link">
          {t('links.environment')}
        </Link>
      );
  }
}

/** A release by its number, where it stands now, and what the record has of it. */
function ReleaseLink({ id }: { id: string }) {
  const { t } = useTranslation('ai');
  const release = useQuery(releaseQuery(id));
  return (
    <>
      <Link to="/releases/$id" params={{ id }} className="text-link">
        {release.data === undefined ? t('links.release') : `#${release.data.number} ${release.data.service.name} ${release.data.app_version} → ${release.data.target.name}`}
      </Link>{' '}
      {release.data === undefined ? null : (
        <>
          <StateBadge state={release.data.lifecycle_state} size="sm" /> <RecordLink release={release.data} />
        </>
      )}
    </>
  );
}

/** What the record has of a release. */
export function RecordLink({ release: { id, number } }: { release: Pick<Release, 'id' | 'number'> }) {
  const { t } = useTranslation('ai');
  return (
    <Link to="/audit" search={{ release: id }} className="text-link" aria-label={t('links.auditOf', { number })}>
      {t('links.audit')}
    </Link>
  );
}
