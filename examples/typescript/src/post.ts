import type { TypedDocumentString } from './gql/graphql.js';

/** One error of a response. docs/errors.md lists the codes. */
export interface GraphQLError {
  message: string;
  extensions?: { code?: string; /** In seconds. */ retryAfter?: number };
}

/** Reports a request that failed as a whole. */
export class CallError extends Error {
  override readonly name = 'CallError';

  constructor(
    /** The HTTP status. */
    readonly status: number,
    /** All errors of the response, none if it is not GraphQL. */
    readonly errors: readonly GraphQLError[],
    /** How long to wait before the next attempt, in milliseconds; zero if the server does not say. */
    readonly retryAfter: number,
    /** A response that is not GraphQL. */
    body = '',
  ) {
    super(
      errors.length > 0
        ? errors.map(({ message, extensions }) => `${extensions?.code}: ${message}`).join('\n')
        : `HTTP status ${status}, and the response is not GraphQL: ${JSON.stringify(body.slice(0, 200))}`,
    );
  }

  has(...codes: string[]): boolean {
    return this.errors.some(({ extensions }) => codes.includes(extensions?.code ?? ''));
  }
}

/** Reports that there is no response, or only a part of it: the server may have stored the events or not. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}

/**
 * Reports whether the same request can succeed later. The status decides if there is no code, as in the
 * response of a proxy that does not reach the server.
 */
export function retryable(error: unknown): boolean {
  if (error instanceof NetworkError) {
    return !/CERT|SSL|SIGNATURE/.test(causeCode(error.cause)); // a wrong certificate, or http for https
  }
  if (!(error instanceof CallError)) return false;
  if (error.errors.length > 0) {
    return error.has(
      'UNAVAILABLE',
      'OUTCOME_UNKNOWN',
      'RATE_LIMITED',
      'IDEMPOTENCY_KEY_IN_USE',
      'INTERNAL_SERVER_ERROR',
    );
  }
  return error.status >= 500 || error.status === 429 || error.status === 408;
}

/** How long the server asks to wait, in milliseconds. */
export const retryAfter = (error: unknown): number => (error instanceof CallError ? error.retryAfter : 0);

/** What fetch hides in the cause of its errors. */
const causeCode = (error: unknown): string =>
  String((error as { cause?: { code?: unknown } } | undefined)?.cause?.code ?? '');

/** Sends one request and returns the data of its response, both of the types that the schema gives them. */
export async function post<Data, Variables>(
  endpoint: string,
  operation: TypedDocumentString<Data, Variables>,
  variables: Variables,
  { token, timeout, signal }: { token?: string; timeout: number; signal?: AbortSignal | undefined },
): Promise<Data> {
  const limit = AbortSignal.timeout(timeout);
  let response: Response;
  let text: string;
  try {
    response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/graphql-response+json, application/json;q=0.9',
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query: operation.toString(), variables }),
      redirect: 'manual', // the server has none, and another address must not receive the events
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
    });
    text = await response.text(); // the time limit includes the body
  } catch (error) {
    const { message } = error as Error;
    throw new NetworkError(`${endpoint}: ${message} ${causeCode(error)}`.trimEnd(), { cause: error });
  }

  let answer: { data?: Data | null; errors?: GraphQLError[] } | null = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // a web page, for instance of a proxy that does not reach the server
  }
  const errors = Array.isArray(answer?.errors) ? answer.errors : [];
  if (!answer?.data || errors.length > 0) {
    // A gateway passes on the errors, but not the header.
    const waits = errors.map(({ extensions }) => (extensions?.retryAfter ?? 0) * 1000);
    const wait = Math.max(parseRetryAfter(response.headers.get('Retry-After') ?? ''), ...waits);
    throw new CallError(response.status, errors, wait, text);
  }
  return answer.data;
}

/** Parses the header Retry-After, a number of seconds or a date, and returns milliseconds. */
function parseRetryAfter(header: string): number {
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return wait > 0 ? wait : 0; // also if it is neither
}
