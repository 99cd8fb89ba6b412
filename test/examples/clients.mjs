// Runs an example client against a server with demo data, and against all faults of proxy.mjs:
//   node clients.mjs http://127.0.0.1:8080 NAME COMMAND…
// The command gets the server's address, the time limit of a request and that of a call with its retries, in
// seconds.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  change,
  cut,
  cutInside,
  errors,
  hang,
  html,
  limit,
  logIn,
  pass,
  startProxy,
  trickle,
} from './proxy.mjs';

const [server, name, ...command] = process.argv.slice(2);
// The password of a login costs the server much time: all cases but one share a token.
const login = await logIn(server);

/** Runs the client and returns its status and output. */
function run(address, ...limits) {
  const child = spawn(command[0], [...command.slice(1), address, ...limits.map(String)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 240_000);
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'])
    child[stream].setEncoding('utf8').on('data', (text) => (output[stream] += text));
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (status) => {
      clearTimeout(timer);
      done({ status, ...output });
    });
  });
}

const notFound = (account) =>
  `NotFoundAPIValueException: Error:Account (${account}) Not Found.` +
  ' - Description:The specified API value was not found.';
const number = 'accountsReceivableIdentifier.number';

/** The lines of one round; `parts` are the positions at which its calls end. */
const round = (replayed, parts = [1000, 1007]) => {
  const lines = ['1 06', '2 07', '5 token', '6 reference'].map(
    (event) => `${event} processed: id ID, number N, replayed ${replayed}`,
  );
  lines.push(
    `3 08 unprocessed: ${number}: ${notFound('ACR00045000')}`,
    `4 09 unprocessed: ${number}: ${notFound('ACR00670040')}`,
  );
  lines.push(
    '7 problems unprocessed: website: InvalidAPIValueException: TEXT',
    `7 problems unprocessed: ${number}: ${notFound('ACR00045000')}`,
  );
  parts.forEach((end, i) => {
    const begin = i === 0 ? 1 : parts[i - 1] + 1;
    const unprocessed = i === 0 ? 3 : 0;
    const processed = end - begin + 1 - unprocessed;
    const replays = replayed ? processed : 0;
    const counts = `${processed} processed, ${replays} replayed, ${unprocessed} unprocessed`;
    lines.push(`events ${begin} to ${end}: ${counts}, 0 to send again later`);
  });
  return lines;
};

// The first round after an attempt at its first call whose response was lost.
const firstStored = round(true).map((line) => line.replace('1007: 7 processed, 7', '1007: 7 processed, 0'));

const masked = (text) =>
  text
    .trim()
    .split(/\r?\n/)
    .map((line) =>
      line
        .replace(/id [0-9A-F]{32}, number [0-9]+,/, 'id ID, number N,')
        .replace(/(: website: InvalidAPIValueException: ).*/, '$1TEXT'),
    );

const succeeded = ({ status, stdout, stderr }, expected) => {
  assert.deepEqual({ status, stderr, lines: masked(stdout) }, { status: 0, stderr: '', lines: expected });
};

/** Every try of a call has the same key and the same body; different calls have different keys. */
function checkCalls(creates, expected) {
  const bodies = new Map();
  for (const { idempotencyKey, body } of creates) {
    assert.match(idempotencyKey, /^[ -~]{1,255}$/);
    assert.equal(bodies.get(idempotencyKey) ?? body, body, 'a call is sent again with another body');
    bodies.set(idempotencyKey, body);
  }
  const ranges = [...bodies.values()].map((body) => {
    const set = JSON.parse(body).variables.input.webCustomerEventsSet;
    return `${set[0].requestUniqueIdentifier} … ${set.at(-1).requestUniqueIdentifier}: ${set.length}`;
  });
  assert.deepEqual(ranges, expected);
}
const wholeCalls = ['06 … page 993: 1000', 'page 994 … page 1000: 7'];

const hangSeconds = 6;

/** The waits before the requests of a list, in milliseconds. On a busy machine they have no upper limit. */
const waits = (list) => list.slice(1).map(({ at }, i) => at - list[i].at);
// Timers can be a millisecond early.
const atLeast = (wait, least, what) =>
  assert.ok(wait + 5 >= least, `${what}: waited ${wait} ms, not ${least} ms`);

const unauthenticated = errors(401, [['UNAUTHENTICATED', 'the token has expired']]);
const failure =
  (pattern, requests) =>
  ({ status, stdout, stderr }, { logins, creates }) => {
    assert.equal(status, 1, stderr);
    assert.equal(stdout, '');
    for (const part of [pattern].flat()) assert.match(stderr, part);
    assert.doesNotMatch(stderr, /demo-password|demo-authentication-code/);
    assert.deepEqual({ logins: logins.length, creates: creates.length }, requests);
  };

const cases = {
  'the events are stored once': {
    faults: { logins: [pass] },
    check: (result, { logins, creates }) => {
      succeeded(result, [...round(false), ...round(true)]);
      checkCalls(creates, wholeCalls);
      assert.equal(logins.length, 1);
      assert.equal(creates.length, 4);
      for (const { headers, idempotencyKey } of creates) {
        assert.match(headers.authorization, /^Bearer \S+$/);
        assert.ok(idempotencyKey);
      }
    },
  },
  'what fails for a time is sent again': {
    limits: [60, 200],
    faults: {
      creates: [
        html(502, '<html>Bad Gateway</html>'),
        unauthenticated,
        errors(503, [['UNAVAILABLE', 'nothing was stored']], { 'retry-after': '2' }),
        cut,
        errors(200, [['OUTCOME_UNKNOWN', 'send it again', { retryAfter: 3 }]]), // as through a gateway
        cutInside,
        // The first call succeeds. It follows the second one.
        change((answer) => answer),
        errors(409, [['IDEMPOTENCY_KEY_IN_USE', 'it is running', { retryAfter: 1 }]], {
          'retry-after': '1',
        }),
        (...all) =>
          html(429, 'slow down', { 'retry-after': new Date(Date.now() + 3000).toUTCString() })(...all),
        errors(500, [['INTERNAL_SERVER_ERROR', 'request 1']]),
      ],
    },
    check: (result, { logins, creates }) => {
      succeeded(result, [...firstStored, ...round(true)]);
      checkCalls(creates, wholeCalls);
      assert.equal(logins.length, 2, 'one more after the token has expired');
      assert.equal(creates.length, 13);
      const [bad, , unavailable, lost, unknown, inside, , inUse, limited, internal] = waits(creates);
      atLeast(bad, 250, 'first attempt');
      atLeast(unavailable, 2000, 'Retry-After: 2');
      atLeast(lost, 900, 'connection closed');
      atLeast(unknown, 3000, 'extensions.retryAfter: 3');
      atLeast(inside, 4000, 'connection closed in the response');
      atLeast(inUse, 1000, 'Retry-After: 1');
      atLeast(limited, 1500, 'Retry-After with a date');
      atLeast(internal, 1000, 'internal error');
    },
  },
  'a response that does not end is given up, and the call is sent again': {
    limits: [hangSeconds, 200],
    faults: { creates: [hang, trickle] },
    check: (result, { creates }) => {
      succeeded(result, [...firstStored, ...round(true)]);
      checkCalls(creates, wholeCalls);
      const [hung, trickled] = waits(creates);
      atLeast(hung, hangSeconds * 500, 'no response');
      atLeast(trickled, hangSeconds * 500, 'a response without an end');
    },
  },
  'a login that fails for a time is sent again': {
    faults: {
      logins: [
        errors(429, [['RATE_LIMITED', 'many logins']], { 'retry-after': '2' }),
        html(502, 'no server'),
      ],
    },
    check: (result, { logins, creates }) => {
      succeeded(result, [...round(false), ...round(true)]);
      assert.deepEqual([logins.length, creates.length], [3, 4]);
      const [limited, bad] = waits(logins);
      atLeast(limited, 2000, 'Retry-After: 2');
      atLeast(bad, 500, 'second attempt');
    },
  },
  'a call that is too large is sent in halves': {
    faults: { creates: Array(20).fill(limit(300)) },
    check: (result, { creates }) => {
      const parts = [250, 500, 750, 1000, 1007];
      succeeded(result, [...round(false, parts), ...round(true, parts)]);
      const accepted = creates.filter(({ webCustomerEventsSet: set }) => set.length <= 300);
      checkCalls(accepted, [
        '06 … page 243: 250',
        'page 244 … page 493: 250',
        'page 494 … page 743: 250',
        'page 744 … page 993: 250',
        wholeCalls[1],
      ]);
      checkCalls(creates.slice(0, 3), ['06 … page 993: 1000', '06 … page 493: 500', '06 … page 243: 250']);
    },
  },
  'a retryable event is reported': {
    faults: {
      creates: [
        change((answer) => {
          const row = answer.data.createWebCustomerEvents.unprocessedCustomerEventsSet[0];
          row.retryable = true;
          row.problems = [
            {
              path: ['website'],
              errorCode: 'TooManyAttemptsAPIException',
              errorDescription: '?',
            },
          ];
          return answer;
        }),
      ],
    },
    check: ({ status, stdout }) => {
      assert.equal(status, 0);
      const lines = masked(stdout);
      assert.ok(
        lines.includes(
          '3 08 unprocessed, send it again later: website: TooManyAttemptsAPIException: ?',
        ),
        stdout,
      );
      assert.ok(
        lines.includes('events 1 to 1000: 997 processed, 0 replayed, 3 unprocessed, 1 to send again later'),
        stdout,
      );
    },
  },
  'all errors of a call are reported, and it is not sent again': {
    faults: {
      creates: [
        errors(400, [
          ['BAD_REQUEST', 'the first mistake'],
          ['BAD_REQUEST', 'the second mistake'],
        ]),
      ],
    },
    check: failure(
      [/BAD_REQUEST: the first mistake/, /BAD_REQUEST: the second mistake/, /events 1 to 1000/],
      { logins: 1, creates: 1 },
    ),
  },
  'an error under status 200 is an error': {
    faults: { creates: [errors(200, [['IDEMPOTENCY_KEY_REUSED', 'other events']])] },
    check: failure(/IDEMPOTENCY_KEY_REUSED: other events/, { logins: 1, creates: 1 }),
  },
  'a web page is not sent again': {
    faults: { creates: [html(200, '<html>Welcome to the hotel</html>')] },
    check: failure(/HTTP status 200, and the response is not GraphQL: .*Welcome to the hotel/, {
      logins: 1,
      creates: 1,
    }),
  },
  'JSON that is not GraphQL is not sent again': {
    faults: { creates: [(_, __, response) => response.writeHead(404).end('["no such path"]')] },
    check: failure(/HTTP status 404, and the response is not GraphQL: .*no such path/, {
      logins: 1,
      creates: 1,
    }),
  },
  'a redirect is not followed': {
    faults: {
      creates: [
        html(302, 'elsewhere', { location: '/graphql' }),
        html(302, 'elsewhere', { location: '/graphql' }),
      ],
    },
    check: failure(/HTTP status 302/, { logins: 1, creates: 1 }),
  },
  'a wrong password is not sent again': {
    faults: { logins: [errors(401, [['UNAUTHENTICATED', 'user name or password is wrong']])] },
    check: failure(/UNAUTHENTICATED: user name or password is wrong/, { logins: 1, creates: 0 }),
  },
  'a token that is refused after the login is an error': {
    faults: { creates: [unauthenticated, unauthenticated] },
    check: failure(/UNAUTHENTICATED: the token has expired/, { logins: 2, creates: 2 }),
  },
  'a response without the events is an error': {
    faults: {
      creates: [
        change((answer) => {
          answer.data.createWebCustomerEvents.processedCustomerEventsSet.pop();
          return answer;
        }),
      ],
    },
    check: failure(/999 of 1000 events/, { logins: 1, creates: 1 }),
  },
  'a wait that is too long ends the call': {
    faults: { creates: [errors(429, [['RATE_LIMITED', 'too many logins']], { 'retry-after': '900' })] },
    check: failure(/RATE_LIMITED: too many logins/, { logins: 1, creates: 1 }),
  },
  'retries end': {
    faults: { creates: Array(20).fill(html(503, 'no server')) },
    limits: [60, 4],
    check: (result, seen) => {
      // After 0.25, 0.5, 1 and 2 s, each with its jitter, the limit is over.
      assert.ok(seen.creates.length >= 2 && seen.creates.length <= 5, `${seen.creates.length} attempts`);
      failure(/HTTP status 503, and the response is not GraphQL: .*no server/, {
        logins: 1,
        creates: seen.creates.length,
      })(result, seen);
    },
  },
};

/** A port that refuses connections. */
async function refusesConnections() {
  const proxy = await startProxy(server);
  proxy.close();
  const { status, stdout, stderr } = await run(proxy.url, 1, 2);
  assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
  assert.match(stderr, /127\.0\.0\.1/, 'the error names the address');
}

const failed = [];
let passed = 0;
const one = async (title, body) => {
  try {
    await body();
    passed++;
  } catch (error) {
    failed.push(`examples: ${name}: ${title}: ${error.message}`);
  }
};
// The cases wait more than they work, so they run at the same time; not all, because each starts a program.
const queue = [
  ...Object.entries(cases).map(
    ([title, { faults, limits = [60, 120], check }]) =>
      () =>
        one(title, async () => {
          const proxy = await startProxy(server, { login, ...faults });
          try {
            const result = await run(proxy.url, ...limits);
            if (proxy.seen.error) throw proxy.seen.error;
            check(result, proxy.seen);
          } finally {
            proxy.close();
          }
        }),
  ),
  () => one('a refused connection is an error in the end', refusesConnections),
];
const worker = async () => {
  for (let next = queue.shift(); next; next = queue.shift()) await next();
};
await Promise.all([worker(), worker(), worker(), worker()]);
for (const text of failed) console.error(text);
console.log(`examples: ${name}: ${passed} passed, ${failed.length} failed`);
process.exitCode = failed.length > 0 || passed === 0 ? 1 : 0;
