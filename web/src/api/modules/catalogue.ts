/** Services, targets, environments with their policies, freezes, projects. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { body, client } from '../client';
import { keys } from '../keys';
import type { Schemas } from '../types';

export type CatalogueFilters = { project?: string; environment?: string; runtime_type?: Schemas['RuntimeType']; q?: string };

const PAGE = 50;
/** As many as one page of the server holds: environments, projects and roles are few. */
const ALL = 200;

const withKey = (key: string) => ({ 'Idempotency-Key': key });
const ifMatch = (version: number) => ({ 'If-Match': `"${version}"` });
const page = <F extends object>(filters: F, cursor: string | undefined, limit = PAGE) => ({ ...filters, limit, ...(cursor === undefined ? {} : { cursor }) });

/** The filters that a list takes, as the API repeats them. */
function narrowed(filters: CatalogueFilters) {
  return {
    ...(filters.project === undefined ? {} : { project: [filters.project] }),
    ...(filters.environment === undefined ? {} : { environment: [filters.environment] }),
    ...(filters.runtime_type === undefined ? {} : { runtime_type: [filters.runtime_type] }),
    ...(filters.q === undefined ? {} : { q: filters.q }),
  };
}

export const catalogue = {
  projects: () => body(client.GET('/api/v1/projects', { params: { query: { limit: ALL } } })),
  createProject: (input: Schemas['CreateProject'], key: string) => body(client.POST('/api/v1/projects', { params: { header: withKey(key) }, body: input })),
  renameProject: (id: string, version: number, name: string) =>
    body(client.PATCH('/api/v1/projects/{id}', { params: { path: { id }, header: ifMatch(version) }, body: { name } })),
  deleteProject: (id: string, version: number) => body(client.DELETE('/api/v1/projects/{id}', { params: { path: { id }, header: ifMatch(version) } })),

  environments: (filters: Pick<CatalogueFilters, 'project'>) =>
    body(client.GET('/api/v1/environments', { params: { query: { ...narrowed(filters), limit: ALL } } })),
  environment: (id: string) => body(client.GET('/api/v1/environments/{id}', { params: { path: { id } } })),
  createEnvironment: (input: Schemas['CreateEnvironment'], key: string) =>
    body(client.POST('/api/v1/environments', { params: { header: withKey(key) }, body: input })),
  putPolicy: (id: string, version: number, policy: Schemas['PolicyInput']) =>
    body(client.PUT('/api/v1/environments/{id}/policy', { params: { path: { id }, header: ifMatch(version) }, body: policy })),
  policyRevisions: (id: string) => body(client.GET('/api/v1/environments/{id}/policy/revisions', { params: { path: { id }, query: { limit: PAGE } } })),

  freezes: () => body(client.GET('/api/v1/freezes')),
  freeze: (input: Schemas['CreateFreeze'], key: string) => body(client.POST('/api/v1/freezes', { params: { header: withKey(key) }, body: input })),
  endFreeze: (id: string) => body(client.DELETE('/api/v1/freezes/{id}', { params: { path: { id } } })),

  services: (filters: CatalogueFilters, cursor?: string) => {
    const { environment: _, ...own } = narrowed(filters);
    return body(client.GET('/api/v1/services', { params: { query: page(own, cursor) } }));
  },
  service: (id: string) => body(client.GET('/api/v1/services/{id}', { params: { path: { id } } })),
  createService: (input: Schemas['CreateService'], key: string) => body(client.POST('/api/v1/services', { params: { header: withKey(key) }, body: input })),
  editService: (id: string, version: number, input: Schemas['EditService']) =>
    body(client.PATCH('/api/v1/services/{id}', { params: { path: { id }, header: ifMatch(version) }, body: input })),
  deleteService: (id: string, version: number) => body(client.DELETE('/api/v1/services/{id}', { params: { path: { id }, header: ifMatch(version) } })),
  serviceRevisions: (id: string) => body(client.GET('/api/v1/services/{id}/revisions', { params: { path: { id }, query: { limit: PAGE } } })),
  serviceRevision: (id: string, number: number) =>
    body(client.GET('/api/v1/services/{id}/revisions/{number}', { params: { path: { id, number } } })),
  /** What a manifest becomes and what is wrong with it; touches no target, keeps nothing. */
  render: (input: Schemas['Render'], signal?: AbortSignal) => body(client.POST('/api/v1/render', { body: input, ...(signal === undefined ? {} : { signal }) })),

  targets: (filters: CatalogueFilters, cursor?: string) => body(client.GET('/api/v1/targets', { params: { query: page(narrowed(filters), cursor) } })),
  target: (id: string) => body(client.GET('/api/v1/targets/{id}', { params: { path: { id } } })),
  createTarget: (input: Schemas['CreateTarget'], key: string) => body(client.POST('/api/v1/targets', { params: { header: withKey(key) }, body: input })),
  editTarget: (id: string, version: number, input: Schemas['EditTarget']) =>
    body(client.PATCH('/api/v1/targets/{id}', { params: { path: { id }, header: ifMatch(version) }, body: input })),
  deleteTarget: (id: string, version: number) => body(client.DELETE('/api/v1/targets/{id}', { params: { path: { id }, header: ifMatch(version) } })),
  probe: (id: string) => body(client.POST('/api/v1/targets/{id}/probe', { params: { path: { id } }, body: {} })),
  liftHold: (id: string, serviceId: string) =>
    body(client.DELETE('/api/v1/targets/{id}/holds', { params: { path: { id }, query: { service_id: serviceId } } })),
};

/** Pages of a list that goes on by cursor. */
const paged = { initialPageParam: undefined as string | undefined, getNextPageParam: (last: { next_cursor: string | null }) => last.next_cursor ?? undefined };

export const catalogueQueries = {
  projects: () => queryOptions({ queryKey: keys.list('project'), queryFn: catalogue.projects }),
  environments: (project?: string) =>
    queryOptions({ queryKey: keys.list('environment', { project }), queryFn: () => catalogue.environments(project === undefined ? {} : { project }) }),
  environment: (id: string) => queryOptions({ queryKey: keys.one('environment', id), queryFn: () => catalogue.environment(id) }),
  policyRevisions: (id: string) => queryOptions({ queryKey: keys.one('policy', id, 'revisions'), queryFn: () => catalogue.policyRevisions(id) }),
  freezes: () => queryOptions({ queryKey: keys.list('freeze'), queryFn: catalogue.freezes }),
  services: (filters: CatalogueFilters) =>
    infiniteQueryOptions({ ...paged, queryKey: keys.list('service', filters), queryFn: ({ pageParam }) => catalogue.services(filters, pageParam) }),
  service: (id: string) => queryOptions({ queryKey: keys.one('service', id), queryFn: () => catalogue.service(id) }),
  serviceRevisions: (id: string) => queryOptions({ queryKey: keys.one('service', id, 'revisions'), queryFn: () => catalogue.serviceRevisions(id) }),
  serviceRevision: (id: string, number: number) =>
    queryOptions({ queryKey: keys.one('service', id, `revision-${number}`), queryFn: () => catalogue.serviceRevision(id, number), staleTime: Infinity }),
  targets: (filters: CatalogueFilters) =>
    infiniteQueryOptions({ ...paged, queryKey: keys.list('target', filters), queryFn: ({ pageParam }) => catalogue.targets(filters, pageParam) }),
  target: (id: string) => queryOptions({ queryKey: keys.one('target', id), queryFn: () => catalogue.target(id) }),
};
