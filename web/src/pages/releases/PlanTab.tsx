import type { Release } from '../../api/types';
import { PlanPanel } from '../../components/release/PlanPanel';
import { releaseRoute } from './routes';

/** As the address says: which object of the plan is meant, and which place in it. */
export function PlanTab({ release }: { release: Release }) {
  const { resource, hunk } = releaseRoute.useSearch();
  return <PlanPanel release={release} linked={resource} hunk={hunk} />;
}
