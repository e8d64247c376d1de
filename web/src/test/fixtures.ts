import type { Diagnostic, Release, Ticket } from '../api/types';

const ID = (n: number) => `01990000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const AT = '2026-01-02T03:04:05.000000Z';
const reference = (n: number, key: string) => ({ id: ID(n), key, name: key });

/** A release of everyday shape; a test says what is special about its own. */
export function release(part: Partial<Release> = {}): Release {
  return {
    id: ID(1),
    number: 41,
    correlation_id: ID(2),
    project: reference(3, 'shop'),
    service: reference(4, 'payments'),
    revision: 3,
    target: reference(5, 'cluster-a'),
    environment: { ...reference(6, 'production'), kind: 'production' },
    runtime_type: 'compose',
    strategy: 'rolling',
    lifecycle_state: 'draft',
    stage: { name: 'none', objects_done: 0, objects_total: 0, since: null },
    reason_code: null,
    approval: { purpose: 'apply', status: 'not_requested', ticket_id: null, required: 1, received: 0, decisions: [], rule: { approver_roles: ['approver'], allow_self_approval: false, require_comment: false }, because: [] },
    preview: { id: ID(7), context_hash: 'a'.repeat(64), plan_hash: 'b'.repeat(64), issued_at: AT, expires_at: AT, valid: true },
    break_glass: null,
    actions: [],
    created_by: { id: ID(8), name: 'Ada', kind: 'human' },
    channel: 'ui',
    created_at: AT,
    updated_at: AT,
    applied_at: null,
    is_current: false,
    rolled_back_to: null,
    compat: null,
    version: 1,
    app_version: '1.42.0',
    reason: null,
    plan_summary: { create: 1, update: 2, replace: 0, delete: 0, unchanged: 3, unverified: 0, destructive: 0 },
    variables: [],
    options: { profiles: [], remove_orphans: false, prune: true, force_conflicts: false, consent: [] },
    annotations: {},
    executions: [],
    ...part,
  };
}

export function ticket(part: Partial<Ticket> = {}): Ticket {
  const { id, number, service, target, environment } = release();
  return {
    id: ID(20),
    release: { id, number, service, target, environment, summary: { create: 1, update: 0, replace: 0, delete: 0, unchanged: 0, unverified: 0, destructive: 0 } },
    plan_hash: 'b'.repeat(64),
    status: 'pending',
    required: 2,
    received: 1,
    decisions: [{ approver: { id: ID(21), name: 'Bob', kind: 'human' }, decision: 'approved', comment: 'fine', at: AT, channel: 'ui' }],
    requested_by: { id: ID(8), name: 'Ada', kind: 'human' },
    requested_at: AT,
    expires_at: AT,
    purpose: 'apply',
    rule: { approver_roles: ['approver'], allow_self_approval: false, require_comment: false },
    because: [{ code: 'policy', message: 'policy' }],
    actions: [],
    ...part,
  };
}

export function diagnostic(part: Partial<Diagnostic> = {}): Diagnostic {
  return {
    id: ID(30),
    collected_at: AT,
    runtime_type: 'compose',
    stage: 'waiting_healthy',
    severity: 'error',
    code: 'exited',
    resource: { kind: 'service', name: 'web', namespace: null, container: 'web-1' },
    summary: 'web ended with exit code 3',
    detail: 'it ended',
    hint: 'read the log',
    evidence: { exit_code: 3, events: [], conditions: [], log_tail: ['cannot open config.json'] },
    ...part,
  } as Diagnostic;
}
