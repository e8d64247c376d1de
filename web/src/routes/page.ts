import { lazyRouteComponent } from '@tanstack/react-router';
import { again } from '../chunks';
import { texts, type Namespace } from '../i18n';

/** A route's page, in a chunk of its own; its texts come beside it. `npm run budget` reads these calls. */
export const page = <Module extends Record<string, unknown>, Name extends keyof Module & string>(load: () => Promise<Module>, name: Name, ...namespaces: Namespace[]) =>
  lazyRouteComponent(() => Promise.all([again(load), texts(namespaces)]).then(([module]) => module) as Promise<Record<Name, never>>, name);
