// A proxy in front of the server that makes the faults of a network, of a proxy and of the server itself.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Returns a server's response to the demo login. */
export async function logIn(server) {
  const query = 'mutation { login(input: {username: "demo", password: "demo-password"}) { token } }';
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${server}/graphql`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ query }),
  });
  return answer.json();
}

/**
 * Starts a proxy on a free port of the loopback interface.
 *
 * `logins` and `creates` are the faults of the requests to come, in this order. After the last fault, the
 * proxy forwards calls, and answers logins with `login`. A fault is a function of (request, forward,
 * response). It writes the response, or leaves the client without one.
 */
export async function startProxy(target, { login, logins = [], creates = [] } = {}) {
  const seen = { logins: [], creates: [] };
  const server = createServer(async (incoming, response) => {
    try {
      const chunks = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const body = Buffer.concat(chunks).toString();
      const { query, variables } = JSON.parse(body);
      const isLogin = query.includes('login(');
      const request = {
        at: performance.now(),
        path: incoming.url,
        headers: incoming.headers,
        body,
        ...variables.input,
      };
      const list = isLogin ? seen.logins : seen.creates;
      list.push(request);
      const forward = async () => {
        const { 'content-type': type, accept, authorization } = incoming.headers;
        const headers = {
          'content-type': type,
          ...(accept && { accept }),
          ...(authorization && { authorization }),
        };
        const answer = await fetch(target + incoming.url, { method: 'POST', headers, body });
        return {
          status: answer.status,
          type: answer.headers.get('content-type'),
          text: await answer.text(),
        };
      };
      const after = isLogin ? (_, __, response) => response.end(JSON.stringify(login)) : pass;
      const fault = (isLogin ? logins : creates)[list.length - 1] ?? after;
      await fault(request, forward, response);
    } catch (error) {
      if (!incoming.socket.destroyed) seen.error = error; // otherwise the client has gone
      response.destroy();
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    seen,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Forwards the request and its response. */
export async function pass(_, forward, response) {
  const { status, type, text } = await forward();
  response.writeHead(status, { 'content-type': type }).end(text);
}

/** Forwards a call of up to so many events. A longer one is too large, as for nginx with its defaults. */
export const limit = (events) => (request, forward, response) =>
  request.webCustomerEventsSet.length > events
    ? html(413, '<html>413 Request Entity Too Large</html>')(request, forward, response)
    : pass(request, forward, response);

/** Answers with a web page. */
export const html =
  (status, text, headers = {}) =>
  (_, __, response) =>
    response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(text);

/** Answers with errors of GraphQL. */
export const errors =
  (status, list, headers = {}) =>
  (_, __, response) =>
    response
      .writeHead(status, { 'content-type': 'application/graphql-response+json', ...headers })
      .end(
        JSON.stringify({
          data: null,
          errors: list.map(([code, message, more]) => ({ message, extensions: { code, ...more } })),
        }),
      );

/** Forwards the request, and closes the connection: the events are stored, and the client cannot know. */
export async function cut(_, forward, response) {
  await forward();
  response.destroy();
}

/** Forwards the request, and closes the connection in the middle of the response. */
export async function cutInside(_, forward, response) {
  const { status, type, text } = await forward();
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.write(text.slice(0, text.length / 2));
  await sleep(100);
  response.destroy();
}

/** Forwards the request, and never answers: the client's time limit ends the request. */
export const hang = (_, forward) => forward();

/** Forwards the request, and then sends a byte now and then: the time limit is for the whole response. */
export async function trickle(_, forward, response) {
  await forward();
  response.writeHead(200, { 'content-type': 'application/json' });
  while (!response.destroyed) {
    response.write(' ');
    await sleep(200);
  }
}

/** Forwards the request, and changes the response. */
export const change = (how) => async (_, forward, response) => {
  const { status, type, text } = await forward();
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(how(JSON.parse(text))));
};
