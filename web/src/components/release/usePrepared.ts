import { useEffect, useState } from 'react';
import { deployment } from '../../api/modules/deployment';
import { newKey } from '../../api/idempotency';
import type { Preview, PreviewKind } from '../../api/types';
import type { SheetRequest } from './useSheet';

/** The plan that will run, and the token that stands for it; a card's token is the server's. */
export type Ready = { preview: Preview; token?: string };
type State = { state: 'preparing' } | { state: 'failed'; error: unknown } | { state: 'ready' | 'changed'; prepared: Ready };

/**
 * The token that a sheet will send: this page's own while it lives, else that of a preview made as the sheet opens. One
 * that shows another plan than the one that was on screen is `changed` until somebody accepts it. A card has its plan already:
 * it is looked up, and another one is `changed` for good.
 */
export function usePrepared(request: SheetRequest): State & { kind: PreviewKind; again: () => void; accept: () => void } {
  const { release, command, to, card } = request;
  const kind: PreviewKind = command === 'rollback' ? 'rollback' : 'apply';
  const [seen] = useState(card?.planHash ?? request.seen ?? (kind === 'apply' ? release.preview?.plan_hash : undefined));
  const [state, setState] = useState<State>(() => {
    const own = card === undefined ? deployment.prepared(release.id, kind, seen) : undefined;
    return own === undefined ? { state: 'preparing' } : { state: 'ready', prepared: own };
  });
  const preparing = state.state === 'preparing';
  const bound = card !== undefined;

  useEffect(() => {
    if (!preparing) return;
    let gone = false;
    const make = bound ? deployment.plan(release.id, kind) : kind === 'apply' ? deployment.preview(release.id, newKey()) : deployment.previewRollback(release.id, to, newKey());
    make.then(
      (preview) => {
        const prepared = bound ? { preview } : deployment.prepared(release.id, kind, preview.plan_hash);
        if (gone) return;
        if (prepared === undefined) setState({ state: 'failed', error: new Error('the preview came without a token') });
        else setState({ state: seen === undefined || seen === preview.plan_hash ? 'ready' : 'changed', prepared });
      },
      (error: unknown) => {
        if (!gone) setState({ state: 'failed', error });
      },
    );
    return () => {
      gone = true;
    };
  }, [preparing, kind, release.id, to, seen, bound]);

  return {
    ...state,
    kind,
    again: () => setState({ state: 'preparing' }),
    accept: () => setState((now) => (now.state === 'changed' ? { ...now, state: 'ready' } : now)),
  };
}
