// Sends queries with the persisted-query links of Apollo Client and urql, which first send only the hash of a query,
// by GET and by POST. They must fall back to the query text:
//   node persisted.mjs http://127.0.0.1:8080/graphql
import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';

const url = process.argv[2];
const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const limits = gql`query Limits { limits { maxEventsPerCall } }`;
const pages = gql`query Page($first: Int) { webCustomerEvents(first: $first) { nodes { id } } }`;
const login = gql`mutation Login($input: LoginInput!) { login(input: $input) { token } }`;
const input = { username: 'demo', password: 'demo-password' };
let failures = 0;

function check(name, condition, detail) {
  if (!condition) failures++;
  console.log(`${condition ? 'ok' : 'FAILED'}: ${name}${condition ? '' : `: ${JSON.stringify(detail)}`}`);
}

// recordingFetch records the requests of a client, with the code of each response.
function recordingFetch(requests, token) {
  return async (target, init) => {
    const headers = new Headers(init.headers);
    if (token) headers.set('authorization', `Bearer ${token}`);
    const response = await fetch(target, { ...init, headers });
    const body = await response.clone().json();
    const query = init.method === 'GET' ? new URL(target).searchParams.get('query') : JSON.parse(init.body).query;
    requests.push({ method: init.method, text: Boolean(query), code: body.errors?.[0].extensions.code ?? '' });
    return response;
  };
}

// checkFallback checks that a client had the hash rejected once, and then sent the text.
function checkFallback(name, requests, method) {
  check(`${name} falls back to the text`, requests.length >= 2 && !requests[0].text && requests[0].method === method &&
    requests[0].code === 'PERSISTED_QUERY_NOT_SUPPORTED' && requests[1].text && requests[1].code === '', requests);
  check(`${name} does not send a hash alone again`, requests.slice(1).every((request) => request.text), requests);
}

let token;
for (const get of [false, true]) {
  for (const accept of ['application/graphql-response+json, application/json;q=0.9', 'application/json']) {
    const requests = [];
    const client = new ApolloClient({
      cache: new InMemoryCache(),
      link: ApolloLink.from([
        new PersistedQueryLink({ sha256, useGETForHashedQueries: get }),
        new HttpLink({ uri: url, headers: { accept }, fetch: (target, init) => recordingFetch(requests, token)(target, init) }),
      ]),
    });
    const name = `Apollo Client, ${get ? 'GET' : 'POST'}, ${accept}`;
    const first = await client.query({ query: limits, fetchPolicy: 'network-only' });
    check(`${name} gets data`, first.data?.limits.maxEventsPerCall === 1000, first);
    token = (await client.mutate({ mutation: login, variables: { input } })).data?.login.token;
    const second = await client.query({ query: pages, variables: { first: 3 }, fetchPolicy: 'network-only' });
    check(`${name} gets a page`, Array.isArray(second.data?.webCustomerEvents.nodes), second);
    checkFallback(name, requests, get ? 'GET' : 'POST');
    client.stop();
  }
}

for (const preferGetMethod of [false, 'force']) {
  const requests = [];
  const client = new Client({
    url, preferGetMethod,
    fetch: (target, init) => recordingFetch(requests, token)(target, init),
    exchanges: [
      persistedExchange({
        preferGetForPersistedQueries: preferGetMethod, enableForMutation: true,
        generateHash: async (text) => sha256(text),
      }),
      fetchExchange,
    ],
  });
  const name = `urql, ${preferGetMethod ? 'GET' : 'POST'}`;
  const first = await client.query(limits, {}).toPromise();
  check(`${name} gets data`, first.data?.limits.maxEventsPerCall === 1000, first.error ?? first.data);
  const second = await client.query(pages, { first: 3 }).toPromise();
  check(`${name} gets a page`, Array.isArray(second.data?.webCustomerEvents.nodes), second.error ?? second.data);
  const third = await client.mutation(login, { input }).toPromise();
  check(`${name} logs in`, Boolean(third.data?.login.token), third.error ?? third.data);
  checkFallback(name, requests, preferGetMethod ? 'GET' : 'POST');
}

process.exitCode = failures > 0 ? 1 : 0;
