import type { TypedDocumentString } from './gql/graphql.js';

/** Why the server refused a call as a whole. What is worth sending again later says after how many seconds. */
export class CallError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retryAfter?: number,
  ) {
    super(`${code}: ${message}`);
  }
}

interface Answer<Data> {
  data?: Data | null;
  errors?: { message: string; extensions: { code: string; retryAfter?: number } }[];
}

export class Client {
  token: string | undefined;

  constructor(readonly endpoint: string) {}

  /** Sends an operation; what goes in and what comes back are of the types that the schema gives them. */
  async send<Data, Variables>(operation: TypedDocumentString<Data, Variables>, variables: Variables, headers: Record<string, string> = {}): Promise<Data> {
    const response = await fetch(this.endpoint, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...(this.token && { Authorization: `Bearer ${this.token}` }), ...headers },
      body: JSON.stringify({ query: operation.toString(), variables }),
    });
    const { data, errors } = (await response.json()) as Answer<Data>;
    const [first] = errors ?? [];
    if (first) throw new CallError(first.extensions.code, first.message, first.extensions.retryAfter);
    if (!data) throw new Error(`${this.endpoint} answers ${response.status}, and no data`);
    return data;
  }
}
