import { useTranslation } from 'react-i18next';
import type { RefusalReason } from '../api/problem';
import type { ActionReason, Schemas } from '../api/types';
import { currentLocale } from '../i18n';
import { absolute } from '../ui/When';

/** What the server says a caller may do. */
export type AnyAction = Pick<Schemas['Action'], 'allowed' | 'reasons'>;

/** Why something is refused, what to do next, and who can: from the server's codes, in the reader's language. */
export function useReason() {
  const { t } = useTranslation(['codes', 'shell']);
  const who = (each: Schemas['Who']) => t(`codes:who.${each.kind}`, { name: each.name });
  /** The sentences of one reason of a disabled action. */
  const sentences = (reason: ActionReason): string[] => {
    const code = reason.reason_code ?? undefined;
    const lines = code === undefined ? [t('shell:action.sentence', { text: t(`codes:problem.${reason.code}`) })] : [t('shell:action.sentence', { text: t(`codes:reason.${code}`) }), t(`codes:next.${code}`)];
    const until = reason.until ?? undefined;
    if (until !== undefined) lines.push(t('shell:action.until', { time: absolute(new Date(until), currentLocale()) }));
    if (reason.who !== undefined && reason.who.length > 0) {
      const names = new Intl.ListFormat(currentLocale(), { type: 'disjunction' }).format(reason.who.map(who));
      lines.push(t('shell:action.whoCan', { who: names }));
    }
    return lines;
  };
  return {
    why: (code: RefusalReason) => t(`codes:reason.${code}`),
    next: (code: RefusalReason) => t(`codes:next.${code}`),
    /** Why an action is not allowed, each sentence once; one of which nothing was said is not possible now. */
    whyNot: (action: AnyAction | undefined): string[] => (action === undefined || action.reasons.length === 0 ? [t('shell:action.blocked')] : [...new Set(action.reasons.flatMap(sentences))]),
    sentences,
  };
}
