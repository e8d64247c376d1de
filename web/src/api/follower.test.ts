import { QueryObserver } from '@tanstack/react-query';
import { expect, it, vi } from 'vitest';
import { newQueries } from '../queries';
import { event, release } from '../test/fixtures';
import { Follower } from './follower';
import { keys } from './keys';

it('reads a release anew unless what is on screen is newer than the event, and lists soon, however many events come', async () => {
  const queries = newQueries();
  const follower = new Follower(queries);
  const watch = (queryKey: readonly unknown[], data: unknown) => {
    const read = vi.fn(async () => data);
    queries.setQueryData(queryKey, data);
    const stop = new QueryObserver(queries, { queryKey, queryFn: read }).subscribe(() => undefined);
    return { read, stop };
  };
  const shown = release({ id: 'x', version: 5 });
  const [one, list] = [watch(keys.release('x'), shown), watch(keys.list('service'), { items: [] })];
  const told = (version: number) => ({ ...event('resource.changed'), release: { ...event('resource.changed').release!, id: 'x', version } });
  follower.follow(told(4));
  expect(one.read).not.toHaveBeenCalled();
  follower.follow(told(5));
  expect(one.read).toHaveBeenCalledTimes(1);
  for (let n = 0; n < 50; n += 1) follower.follow(told(4));
  await vi.waitFor(() => expect(list.read).toHaveBeenCalledTimes(2), { timeout: 5_000 });
  follower.stop();
  one.stop();
  list.stop();
});
