import { useQuery } from '@tanstack/react-query';
import { useBlocker } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { releaseQuery } from '../../api/modules/deployment';
import type { Release } from '../../api/types';
import { DataRegion } from '../../components/DataRegion';
import { Page } from '../../components/Page';
import { StepList } from './new/StepList';
import { newReleaseRoute } from './routes';

const SourceStep = lazy(() => import('./new/SourceStep').then((m) => ({ default: m.SourceStep })));
const DraftStep = lazy(() => import('./new/DraftStep').then((m) => ({ default: m.DraftStep })));
const PreviewStep = lazy(() => import('./new/PreviewStep').then((m) => ({ default: m.PreviewStep })));

/** Source → Draft → Preview → Submit → Observe. From the second step on the draft is the server's, its id in the address. */
export function NewReleasePage() {
  const { t } = useTranslation(['releases', 'newRelease']);
  const { draft } = newReleaseRoute.useSearch();
  return (
    <Page title={t('newRelease:title')}>
      <Suspense fallback={<div aria-busy="true" />}>
        {draft === undefined ? (
          <>
            <StepList at="source" />
            <SourceStep />
          </>
        ) : (
          <Drafted key={draft} id={draft} />
        )}
      </Suspense>
    </Page>
  );
}

function Drafted({ id }: { id: string }) {
  const { t } = useTranslation(['releases', 'newRelease']);
  const release = useQuery(releaseQuery(id));
  return (
    <DataRegion query={release} label={t('newRelease:draft')}>
      {(data) => <Steps release={data} />}
    </DataRegion>
  );
}

function Steps({ release }: { release: Release }) {
  const { t } = useTranslation(['releases', 'newRelease']);
  const { step = 'draft' } = newReleaseRoute.useSearch();
  const navigate = newReleaseRoute.useNavigate();
  const [dirty, setDirty] = useState(false);
  useBlocker({
    shouldBlockFn: ({ next }) => dirty && next.pathname !== '/releases/new' && !window.confirm(t('newRelease:leave')),
    enableBeforeUnload: () => dirty,
    disabled: !dirty,
  });
  const go = (to: 'draft' | 'preview' | 'submit') => {
    setDirty(false);
    void navigate({ search: (prev) => ({ ...prev, step: to }) });
  };
  return (
    <>
      <StepList at={step} />
      {step === 'draft' ? <DraftStep release={release} onDirty={setDirty} onSaved={() => go('preview')} /> : <PreviewStep release={release} onBack={() => go('draft')} />}
    </>
  );
}
