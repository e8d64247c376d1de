import { useMutation, type UseMutationResult } from '@tanstack/react-query';
import { useState } from 'react';
import { Intent } from './idempotency';

/**
 * One button's command: pending until the server has answered, never optimistic, never repeated by itself. A try again
 * with the same input sends the same `Idempotency-Key`.
 */
export function useCommand<Input, Answer>(
  run: (input: Input, key: string) => Promise<Answer>,
  on?: { success?: (answer: Answer, input: Input) => void; error?: (error: Error) => void },
): UseMutationResult<Answer, Error, Input> {
  const [intent] = useState(() => new Intent());
  return useMutation({
    mutationFn: (input: Input) => run(input, intent.key(input)),
    retry: false,
    onSuccess: (answer, input) => {
      intent.succeeded();
      on?.success?.(answer, input);
    },
    ...(on?.error ? { onError: on.error } : {}),
  });
}
