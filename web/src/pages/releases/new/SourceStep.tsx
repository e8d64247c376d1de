import { Button, Paper, Select, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { body, client } from '../../../api/client';
import { keys } from '../../../api/keys';
import { deployment } from '../../../api/modules/deployment';
import { useCommand } from '../../../api/useCommand';
import { DataRegion, Empty } from '../../../components/DataRegion';
import { ProblemNotice } from '../../../components/ProblemNotice';
import { useProject } from '../../../components/useProject';
import { newReleaseRoute } from '../routes';

/** Choices offered at once; typing asks the server. */
const OFFERED = 50;

/** What is released, and where: with both, the draft exists. */
export function SourceStep() {
  const { t } = useTranslation(['releases', 'newRelease']);
  const found = newReleaseRoute.useSearch();
  const navigate = newReleaseRoute.useNavigate();
  const project = useProject();
  const [serviceText, setServiceText] = useState('');
  const within = project === undefined ? {} : { project: [project] };
  const services = useQuery({
    queryKey: keys.list('service', { q: serviceText, project, offered: true }),
    queryFn: () => body(client.GET('/api/v1/services', { params: { query: { limit: OFFERED, ...within, ...(serviceText === '' ? {} : { q: serviceText }) } } })),
    placeholderData: (before) => before,
  });
  const chosen = useQuery({
    queryKey: keys.one('service', found.service ?? ''),
    queryFn: () => body(client.GET('/api/v1/services/{id}', { params: { path: { id: found.service ?? '' } } })),
    enabled: found.service !== undefined,
  });
  const targets = useQuery({
    queryKey: keys.list('target', { of: chosen.data?.project.id, runtime: chosen.data?.runtime_type, offered: true }),
    queryFn: () => body(client.GET('/api/v1/targets', { params: { query: { limit: 200, project: [chosen.data?.project.id ?? ''], runtime_type: [chosen.data?.runtime_type ?? 'compose'] } } })),
    enabled: chosen.data !== undefined,
  });
  const create = useCommand(({ service, target }: { service: string; target: string }, key) => deployment.create({ service_id: service, target_id: target }, key), {
    success: (made) => void navigate({ search: (prev) => ({ ...prev, draft: made.id, step: 'draft' }), replace: true }),
  });
  const target = targets.data?.items.some((each) => each.id === found.target) === true ? found.target : undefined;
  return (
    <Paper withBorder radius="lg" p="lg" maw={640} bg="var(--surface)">
      <DataRegion
        query={services}
        label={t('newRelease:service')}
        isEmpty={(d) => d.items.length === 0 && serviceText === ''}
        empty={
          <Empty
            title={t('newRelease:noServices')}
            hint={t('newRelease:noServicesHint')}
            action={
              <Button component={Link} to="/services">
                {t('newRelease:addService')}
              </Button>
            }
          />
        }
      >
        {(data) => (
          <Stack>
            <Select
              label={t('newRelease:service')}
              searchable
              required
              value={found.service ?? null}
              data={[...new Map([...data.items, ...(chosen.data === undefined ? [] : [chosen.data])].map((s) => [s.id, { value: s.id, label: `${s.name} · ${s.project.name}` }])).values()]}
              onSearchChange={setServiceText}
              filter={({ options }) => options}
              onChange={(service) => void navigate({ search: (prev) => ({ ...prev, service: service ?? undefined, target: undefined }), replace: true })}
            />
            {targets.data !== undefined && targets.data.items.length === 0 ? (
              <Empty
                title={t('newRelease:noTargets')}
                hint={t('newRelease:noTargetsHint')}
                action={
                  <Button component={Link} to="/targets" variant="default">
                    {t('newRelease:addTarget')}
                  </Button>
                }
              />
            ) : (
              <Select
                label={t('newRelease:target')}
                searchable
                required
                disabled={targets.data === undefined}
                value={target ?? null}
                data={(targets.data?.items ?? []).map((each) => ({ value: each.id, label: `${each.name} · ${each.environment.name}` }))}
                onChange={(value) => void navigate({ search: (prev) => ({ ...prev, target: value ?? undefined }), replace: true })}
              />
            )}
            {create.error === null ? null : <ProblemNotice error={create.error} />}
            <Button
              w="fit-content"
              loading={create.isPending}
              disabled={found.service === undefined || target === undefined}
              onClick={() => {
                if (found.service !== undefined && target !== undefined) create.mutate({ service: found.service, target });
              }}
            >
              {t('newRelease:make')}
            </Button>
          </Stack>
        )}
      </DataRegion>
    </Paper>
  );
}
