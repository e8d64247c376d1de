import type { Schemas } from '../../api/types';

export type Policy = Schemas['Policy'];
export type Changed = { path: string; before: unknown; after: unknown; weaker: boolean };

/** Fields of which more is weaker. */
const MORE_IS_WEAKER = new Set(['approval_ttl_secs', 'preview_ttl_secs', 'rollback_pass_secs']);
/** Fields of which less is weaker. */
const LESS_IS_WEAKER = new Set(['min_approvals']);
/** Switches whose `true` is weaker, and whose `false` is. */
const TRUE_IS_WEAKER = new Set(['allow_self_approval', 'privileged', 'host_namespaces', 'docker_socket', 'devices', 'security_opt', 'cluster_scoped']);
const FALSE_IS_WEAKER = new Set(['require_comment', 'ai_requires_approval']);
/** Lists that permit more with each entry. */
const LONGER_IS_WEAKER = new Set(['approver_roles', 'break_glass_roles', 'bind_mounts', 'capabilities', 'other_namespaces']);
const STRENGTH: Record<string, readonly string[]> = { approval: ['none', 'required'], rollback_approval: ['none', 'pass', 'required'] };

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What saving would change, before it is saved. Marks are a help to the eye: the server judges by itself what is weaker,
 * and says so in the history.
 */
export function changes(before: object, after: object, at = ''): Changed[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names.flatMap((name) => {
    const [a, b] = [(before as Record<string, unknown>)[name], (after as Record<string, unknown>)[name]];
    if (same(a, b)) return [];
    const path = `${at}/${name}`;
    if ((isObject(a) || a === undefined) && (isObject(b) || b === undefined)) return changes(a ?? {}, b ?? {}, path);
    return [{ path, before: a, after: b, weaker: isWeaker(path, name, a, b) }];
  });
}

function isWeaker(path: string, name: string, before: unknown, after: unknown): boolean {
  const order = STRENGTH[name];
  if (order !== undefined) return order.indexOf(String(after)) < order.indexOf(String(before));
  if (path.startsWith('/risk_approvals/')) return Number(after ?? 0) < Number(before ?? 0);
  if (MORE_IS_WEAKER.has(name)) return Number(after) > Number(before);
  if (LESS_IS_WEAKER.has(name)) return Number(after) < Number(before);
  if (TRUE_IS_WEAKER.has(name)) return after === true;
  if (FALSE_IS_WEAKER.has(name)) return after === false;
  if (LONGER_IS_WEAKER.has(name) && Array.isArray(after)) return after.some((each) => !(Array.isArray(before) && before.includes(each)));
  if (name === 'freeze_windows' && Array.isArray(before)) return before.some((each) => !(Array.isArray(after) && after.some((other) => same(each, other))));
  return false;
}
