import type { components } from './schema';

export type Problem = components['schemas']['Problem'];
export type ProblemCode = components['schemas']['ProblemCode'];
export type RefusalReason = components['schemas']['RefusalReason'];
export type ProblemError = components['schemas']['ProblemError'];

/** What the page itself finds, in the shape of what the server answers: no connection, or an answer that is no problem. */
export type PageProblemCode = 'offline' | 'unreadable';

/** A refused or failed request. `problem` is undefined where nothing of the server's came back. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ProblemCode | PageProblemCode;
  readonly status: number;
  readonly problem: Problem | undefined;
  /** When it came, in ms. */
  readonly at = Date.now();
  /** Seconds, where the server named them. */
  readonly retryAfter: number | undefined;

  constructor(code: ProblemCode | PageProblemCode, status: number, message: string, problem?: Problem, retryAfter?: number) {
    super(message);
    this.code = code;
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  get reason(): RefusalReason | undefined {
    return this.problem?.reason_code ?? undefined;
  }

  /** Whether the same request may well succeed in a moment. */
  get transient(): boolean {
    return this.code === 'offline' || this.code === 'unavailable' || this.code === 'rate_limited' || this.code === 'internal';
  }
}

export const isApiError = (error: unknown): error is ApiError => error instanceof ApiError;

/** The error that a response stands for; the body is read as a problem only where it says it is one. */
export async function errorOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get('retry-after')) || undefined;
  const type = response.headers.get('content-type') ?? '';
  if (!type.startsWith('application/problem+json')) {
    return new ApiError('unreadable', response.status, response.statusText || `HTTP ${response.status}`, undefined, retryAfter);
  }
  const problem = (await response.json()) as Problem;
  return new ApiError(problem.code, problem.status, problem.detail ?? problem.title, problem, retryAfter);
}
