// A client of the customer events server: copy this file, src/post.ts and codegen.ts into your program.
import { setTimeout as sleep } from 'node:timers/promises';
import { graphql } from './gql/gql.js';
import type { CreateMutation, TypedDocumentString, WebCustomerEventInput } from './gql/graphql.js';
import { CallError, post, retryAfter, retryable } from './post.js';

/** The maximum number of events that the server accepts in one call. */
export const maxEventsPerCall = 1000;

/** The wait between two attempts, in milliseconds. It doubles from one attempt to the next. */
const minWait = 250;
const maxWait = 30_000;

const logIn = graphql(`
  mutation logIn($input: LoginInput!) {
    login(input: $input) {
      token
    }
  }
`);

const create = graphql(`
  mutation create($input: CreateWebCustomerEventsInput!) {
    createWebCustomerEvents(input: $input) {
      processedCustomerEventsSet {
        index
        requestUniqueIdentifier
        id
        number
        replayed
      }
      unprocessedCustomerEventsSet {
        index
        requestUniqueIdentifier
        retryable
        problems {
          path
          errorCode
          errorDescription
        }
      }
      summary {
        received
        processed
        replayed
        unprocessed
      }
    }
  }
`);

/**
 * The result of one call; the indexes are positions in the batch. Each event of the call is in exactly one
 * of the lists.
 *
 * An unprocessed event with `retryable: true` can be accepted later without a change: send it in another
 * batch with another key, at least 15 minutes later. The other unprocessed events must be corrected first.
 */
export type Outcome = NonNullable<CreateMutation['createWebCustomerEvents']> & {
  /** The position of the call's first event in the batch. */
  first: number;
  /** The number of the call's events. */
  count: number;
};

export interface Options {
  /** The base address of the server, such as https://events.example.com. */
  server: string;
  username: string;
  password: string;
  /**
   * The time limit of one request, from connecting to the last byte of the response, in milliseconds. Keep
   * it longer than the time for which the server itself retries a transaction, 30 seconds.
   */
  requestTimeout?: number;
  /** The time limit of one call with its retries, in milliseconds. */
  retryTimeout?: number;
}

/** Sends events to a server. Calls that run at the same time share one login. */
export class Client {
  readonly #options: Required<Options>;
  readonly #endpoint: string;
  #token: Promise<string> | undefined;

  constructor(options: Options) {
    this.#options = { requestTimeout: 60_000, retryTimeout: 300_000, ...options };
    this.#endpoint = `${options.server}/graphql`;
  }

  /**
   * Sends any number of events, one call after the other, and yields the outcome of each call as soon as it
   * is known. It throws at the first call that fails.
   *
   * To repeat the batch after an error or a crash, call `create` with the same key and the same events:
   * events that are stored already are not stored again, and are returned with `replayed: true`. Choose the
   * key before the first attempt and store it with the batch. It has at most 230 printable ASCII characters.
   */
  async *create(
    key: string,
    events: readonly WebCustomerEventInput[],
    signal?: AbortSignal,
  ): AsyncGenerator<Outcome> {
    for (let first = 0; first < events.length; first += maxEventsPerCall) {
      yield* this.#createPart(key, first, events.slice(first, first + maxEventsPerCall), signal);
    }
  }

  /** Sends one call. If its body is too large for the server or for a proxy, it sends the halves. */
  async *#createPart(
    key: string,
    first: number,
    part: WebCustomerEventInput[],
    signal?: AbortSignal,
  ): AsyncGenerator<Outcome> {
    // The key of a call depends only on the batch and on the position of the events in it. So it is the same
    // when the call or the whole batch is sent again.
    const idempotencyKey = `${key}-${first}-${part.length}`;
    let outcome: Outcome;
    try {
      const data = await this.#send(
        create,
        { input: { idempotencyKey, webCustomerEventsSet: part } },
        signal,
      );
      outcome = complete(data.createWebCustomerEvents, first, part.length);
    } catch (error) {
      if (error instanceof CallError && error.status === 413 && part.length > 1) {
        const half = Math.floor(part.length / 2);
        yield* this.#createPart(key, first, part.slice(0, half), signal);
        yield* this.#createPart(key, first + half, part.slice(half), signal);
        return;
      }
      throw new Error(`events ${first + 1} to ${first + part.length}: ${message(error)}`, { cause: error });
    }
    yield outcome;
  }

  /**
   * Sends a request until it succeeds, fails permanently, or `retryTimeout` expires. Each retry sends the
   * same body again: with the same idempotency key, the server stores nothing twice.
   */
  async #send<Data, Variables>(
    operation: TypedDocumentString<Data, Variables>,
    variables: Variables,
    signal?: AbortSignal,
  ): Promise<Data> {
    const deadline = performance.now() + this.#options.retryTimeout;
    for (let wait = minWait; ; wait = Math.min(2 * wait, maxWait)) {
      try {
        return await this.#sendLoggedIn(operation, variables, signal);
      } catch (error) {
        if (signal?.aborted || !retryable(error)) throw error;
        // The jitter: clients that failed at the same time do not all send again at the same time.
        const next = Math.max(wait, retryAfter(error)) * (1 + Math.random() / 2);
        if (performance.now() + next > deadline) {
          const limit = `the limit of ${this.#options.retryTimeout} ms`;
          const why = `not sent again: the next attempt in ${Math.round(next)} ms would exceed ${limit}`;
          throw new Error(`${message(error)} (${why})`, { cause: error });
        }
        await sleep(next, undefined, signal && { signal });
      }
    }
  }

  /** Sends a request once. If the token has expired, it logs in and sends the request again. */
  async #sendLoggedIn<Data, Variables>(
    operation: TypedDocumentString<Data, Variables>,
    variables: Variables,
    signal?: AbortSignal,
  ): Promise<Data> {
    const login = this.#login();
    const token = await login;
    const limits = { timeout: this.#options.requestTimeout, signal };
    try {
      return await post(this.#endpoint, operation, variables, { token, ...limits });
    } catch (error) {
      if (!(error instanceof CallError && error.has('UNAUTHENTICATED'))) throw error;
    }
    return await post(this.#endpoint, operation, variables, { token: await this.#login(login), ...limits });
  }

  /** Returns a token other than the expired one. It logs in only if no other call has done so. */
  #login(expired?: Promise<string>): Promise<string> {
    if (this.#token === undefined || this.#token === expired) {
      const { username, password, requestTimeout } = this.#options;
      const token = post(
        this.#endpoint,
        logIn,
        { input: { username, password } },
        { timeout: requestTimeout },
      ).then(({ login }) => login.token);
      this.#token = token;
      token.catch(() => {
        if (this.#token === token) this.#token = undefined; // the next attempt logs in again
      });
    }
    return this.#token;
  }
}

/** Checks that the outcome has every event of the call once, and makes the indexes those of the batch. */
function complete(
  outcome: CreateMutation['createWebCustomerEvents'],
  first: number,
  count: number,
): Outcome {
  if (!outcome) throw new Error('the response has no result and no error');
  const seen = new Set<number>();
  for (const event of [...outcome.processedCustomerEventsSet, ...outcome.unprocessedCustomerEventsSet]) {
    if (!(event.index >= 0 && event.index < count) || seen.has(event.index)) {
      throw new Error(`the response has event ${event.index} twice, or the call does not have it`);
    }
    seen.add(event.index);
    event.index += first;
  }
  if (seen.size !== count) throw new Error(`the response has ${seen.size} of ${count} events`);
  return { ...outcome, first, count };
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
