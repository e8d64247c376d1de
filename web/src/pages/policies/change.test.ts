import { describe, expect, it } from 'vitest';
import { changes } from './change';

describe('what saving a policy would change', () => {
  it('names only what differs, by pointer, at every depth', () => {
    const before = { approval: 'required', allow: { privileged: false, capabilities: [] }, risk_approvals: {} };
    const after = { approval: 'required', allow: { privileged: true, capabilities: [] }, risk_approvals: { delete: 2 } };
    expect(changes(before, after)).toEqual([
      { path: '/allow/privileged', before: false, after: true, weaker: true },
      { path: '/risk_approvals/delete', before: undefined, after: 2, weaker: false },
    ]);
  });

  it.each([
    ['approval', 'required', 'none', true],
    ['approval', 'none', 'required', false],
    ['rollback_approval', 'required', 'pass', true],
    ['min_approvals', 2, 1, true],
    ['min_approvals', 1, 2, false],
    ['preview_ttl_secs', 60, 120, true],
    ['allow_self_approval', false, true, true],
    ['require_comment', true, false, true],
    ['approver_roles', ['a'], ['a', 'b'], true],
    ['approver_roles', ['a', 'b'], ['a'], false],
    ['freeze_windows', [{ name: 'night' }], [], true],
    ['freeze_windows', [], [{ name: 'night' }], false],
  ])('%s from %j to %j is weaker: %j', (name, before, after, weaker) => {
    expect(changes({ [name]: before }, { [name]: after })).toEqual([{ path: `/${name}`, before, after, weaker }]);
  });

  it('a risk that asks for nothing any more is weaker', () => {
    expect(changes({ risk_approvals: { delete: 2 } }, { risk_approvals: {} })[0]?.weaker).toBe(true);
  });
});
