import { getIntrospectionQuery } from 'graphql';
import { post } from './post.js';
import { tokenFor, update } from './session.js';

// GraphiQL's own introspection leaves out @oneOf, so that it would neither show nor check it.
const introspectionQuery = getIntrospectionQuery({
  oneOf: true,
  inputValueDeprecation: true,
  schemaDescription: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
});

/** Sends GraphiQL's requests with the login's token. An Authorization in the header editor has priority. */
export async function fetcher(params, { headers: given, documentAST } = {}) {
  // GraphiQL's own introspection comes without a document.
  if (params.operationName === 'IntrospectionQuery' && !documentAST) {
    params = { ...params, query: introspectionQuery };
  }
  const headers = new Headers(given);
  const token = headers.has('Authorization') ? null : tokenFor(params);
  if (token) headers.set('Authorization', `Bearer ${token}`);

  const response = await post(params, headers);
  await update(params, response, token);
  return response.result;
}
