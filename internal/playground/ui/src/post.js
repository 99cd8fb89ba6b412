const endpoint = new URL('graphql', document.baseURI);

/** Sends a request. Returns the GraphQL result and the server's time in milliseconds. */
export async function post(params, headers) {
  headers.set('Content-Type', 'application/json');
  const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(params) });
  if (!response.headers.get('Content-Type')?.includes('json')) {
    throw new Error(
      `The server answered ${response.status} ${response.statusText}: ${await response.text()}`,
    );
  }
  const serverTime = Date.parse(response.headers.get('Date')) || Date.now();
  return { result: await response.json(), serverTime };
}
