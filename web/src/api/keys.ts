import type { QueryKey } from '@tanstack/react-query';

/**
 * Query keys: `['list', subject, filters]` for what events change the membership of, `['one', subject, id, part?]` for an
 * object. Lists are read anew on every event, objects when an event is about them.
 */
type Subject = 'release' | 'approval' | 'project' | 'environment' | 'service' | 'target' | 'policy' | 'freeze' | 'hold' | 'access' | 'overview' | 'audit' | 'assistant';

/** Lists that no event is about. */
const UNTOLD: readonly unknown[] = ['access', 'audit', 'assistant'] satisfies Subject[];

export const keys = {
  list: (subject: Subject, filters: object = {}) => ['list', subject, filters] as const,
  one: (subject: Subject, id: string, part?: string) => (part === undefined ? (['one', subject, id] as const) : (['one', subject, id, part] as const)),
  release: (id: string) => ['one', 'release', id] as const,
  part: (id: string, part: 'plan' | 'objects' | 'diagnostics' | 'timeline' | 'manifest', ...rest: unknown[]) => ['one', 'release', id, part, ...rest] as const,
  /** A release itself, none of its parts. */
  isRelease: (key: QueryKey) => key[0] === 'one' && key[1] === 'release' && key.length === 3,
  isServers: (key: QueryKey) => key[0] === 'list' || key[0] === 'one',
  isList: (key: QueryKey) => key[0] === 'list' && !UNTOLD.includes(key[1]),
  isOfSubject: (key: QueryKey, subject: string) => key[1] === subject || (subject === 'policy' && key[1] === 'environment'),
};
