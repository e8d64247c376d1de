import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api/problem';
import type { Schemas } from '../../api/types';
import { ProblemNotice } from '../../components/ProblemNotice';
import { Sentence } from '../../ui/Prose';
import type { Result } from './entries';
import { Links } from './Links';
import classes from './AiPage.module.css';

/** What came of a step or of a card: why not, and where to look. `own` is the release that the card itself shows. */
export function Outcome({ result, quiet = false, own }: { result: Result; quiet?: boolean; own?: string }) {
  return (
    <>
      {result.problem === null || result.problem === undefined ? null : <ProblemNotice error={errorOf(result.problem)} />}
      {quiet || (result.problem !== null && result.problem !== undefined) ? null : <p className={classes['outcome']}><Sentence text={result.summary} /></p>}
      <Links links={result.links.filter((link) => link.id !== own)} />
    </>
  );
}

/** The problem of an entry, as one that a request of this page came to. */
export const errorOf = (problem: Schemas['Problem']) => new ApiError(problem.code, problem.status, problem.detail ?? problem.title, problem);

/** A step in words; a tool that this page does not know (a newer server's) by its name. */
export function useToolName() {
  const { t, i18n } = useTranslation('ai');
  return (tool: string): string => (i18n.exists(`ai:tool.${tool}`) ? (t as (key: string) => string)(`tool.${tool}`) : tool);
}
