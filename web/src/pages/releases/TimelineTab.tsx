import type { Release } from '../../api/types';
import { TimelinePanel, type Narrowed } from '../../components/release/TimelinePanel';
import { releaseRoute } from './routes';

/** As the address says: which events, and which of them is meant. */
export function TimelineTab({ release }: { release: Release }) {
  const { events = 'all', event, step } = releaseRoute.useSearch();
  const navigate = releaseRoute.useNavigate();
  const narrow = (next: Partial<Narrowed>) => void navigate({ search: (prev) => ({ ...prev, events: next.filter === 'all' ? undefined : (next.filter ?? prev.events), ...('step' in next ? { step: next.step } : {}) }), replace: true });
  return <TimelinePanel release={release} filter={events} step={step} linked={event} onNarrow={narrow} />;
}
