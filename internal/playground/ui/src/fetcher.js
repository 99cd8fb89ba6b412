import { getIntrospectionQuery } from 'graphql';
import { holdsLogin, tokenAfter } from './session.js';

const endpoint = new URL('graphql', document.baseURI);

const introspectionQuery = getIntrospectionQuery({
  oneOf: true,
  inputValueDeprecation: true,
  schemaDescription: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
});

let token = null; // in memory only: a reload logs out

export async function fetcher(params, { headers: given, documentAST } = {}) {
  // GraphiQL's own introspection comes without a document.
  if (params.operationName === 'IntrospectionQuery' && !documentAST) {
    params = { ...params, query: introspectionQuery };
  }

  const headers = new Headers(given);
  headers.set('Content-Type', 'application/json');
  // The header editor wins, and a stale token must not stop a new login.
  if (token && !headers.has('Authorization') && !holdsLogin(params)) {
    headers.set('Authorization', `Bearer ${token}`);
  }

  const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(params) });
  if (!response.headers.get('Content-Type')?.includes('json')) {
    throw new Error(`The server answered ${response.status} ${response.statusText}: ${await response.text()}`);
  }
  const result = await response.json();
  token = tokenAfter(params, result, token);
  return result;
}
