// The login of this page. It is in memory only, so that a reload logs out and nothing on the disk or in the
// address contains the token.
import { useSyncExternalStore } from 'react';
import { mutationFields } from './operations.js';
import { post } from './post.js';

const loggedOut = Object.freeze({ token: null, username: '', until: null, notice: '' });
const longestTimer = 2 ** 31 - 1; // setTimeout fires at once for a longer time

let session = loggedOut;
let expiry;
const listeners = new Set();

/** Every token that this page has received, so that none is stored together with the tabs. */
export const receivedTokens = new Set();

/** The login as React state: token, username, until (a Date or null) and notice (why there is no login). */
export function useSession() {
  return useSyncExternalStore(subscribe, () => session);
}

/** The token to send with the request, or null. A login has none: a stale token must not stop it. */
export function tokenFor(params) {
  return mutationFields(params).some((field) => field.name === 'login') ? null : session.token;
}

/** Updates the login after a response. sentToken is the token that the page added to the request. */
export async function update(params, { result, serverTime }, sentToken) {
  const code = (error) => error.extensions?.code;
  if (sentToken && sentToken === session.token && result.errors?.some((e) => code(e) === 'UNAUTHENTICATED')) {
    end('the server does not accept the login any more');
  }
  for (const field of mutationFields(params)) {
    const answer = result.data?.[field.key];
    if (field.name === 'logout' && answer === true && sentToken === session.token) end('');
    if (field.name !== 'login' || !answer) continue;
    const keyOf = (name) => field.children().find((child) => child.name === name)?.key;
    const token = answer[keyOf('token')];
    if (token) await begin(token, field.arguments().input?.username, answer[keyOf('expiresAt')], serverTime);
  }
}

/** Logs in by name and password. Throws an Error with the server's text if that fails. */
export async function logIn(username, password) {
  const params = {
    query: 'mutation LogIn($input: LoginInput!) { login(input: $input) { token expiresAt } }',
    variables: { input: { username, password } },
  };
  const response = await post(params, new Headers());
  if (!response.result.data?.login) {
    throw new Error(response.result.errors?.map((e) => e.message).join(' ') ?? 'The server sent no token.');
  }
  await update(params, response, null);
}

/** Ends the login here and on the server. */
export async function logOut() {
  const { token, until } = session;
  end('');
  const headers = new Headers({ Authorization: `Bearer ${token}` });
  try {
    const { result } = await post({ query: 'mutation LogOut { logout }' }, headers);
    if (result.data?.logout) return;
  } catch {
    // The server did not answer, which has the same consequence as an error.
  }
  const validUntil = until ? ` until ${timeText(until)}` : '';
  if (!session.token)
    end(`the server has not confirmed the logout, and the token may stay valid${validUntil}`);
}

/** The time of day in the user's time zone, with the date if that is not today. */
export function timeText(date) {
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString(undefined, { ...(today || { dateStyle: 'medium' }), timeStyle: 'short' });
}

async function begin(token, username = '', expiresAt, serverTime) {
  receivedTokens.add(token);
  // The lifetime is measured by the server's clock, because the browser's may be wrong.
  const lifetime = expiresAt ? Date.parse(expiresAt) - serverTime : await lifetimeOfTokens();
  const until = lifetime ? new Date(expiresAt ?? serverTime + lifetime) : null;
  change({ token, username, until, notice: '' });
  if (until)
    expiry = setTimeout(
      () => end(`the login expired at ${timeText(until)}`),
      Math.min(lifetime, longestTimer),
    );
}

/** The lifetime of a token, for a login that does not select expiresAt. */
async function lifetimeOfTokens() {
  try {
    const { result } = await post({ query: '{ limits { tokenSeconds } }' }, new Headers());
    return result.data.limits.tokenSeconds * 1000;
  } catch {
    return null;
  }
}

function end(notice) {
  change({ ...loggedOut, notice });
}

function change(next) {
  clearTimeout(expiry);
  session = next;
  for (const listener of listeners) listener();
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
