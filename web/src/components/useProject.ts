import { useRouterState } from '@tanstack/react-router';

/** The project that the switch in the header is on (`?project=`); undefined: all of them. */
export const useProject = (): string | undefined => useRouterState({ select: (state) => (state.location.search as { project?: string }).project });
