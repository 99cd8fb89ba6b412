// The tabs that GraphiQL opens with, to be run from left to right.

/** Titles of the tabs by the name of their operation. The name itself cannot begin with a digit. */
const titles = {
  LogIn: '1 Log in',
  CreateEvents: '2 Create events',
  ReplayEvents: '3 Replay events',
  ReadEvents: '4 Read events',
  DryRun: '5 Dry run',
};

/** Gives the tabs their titles. */
export function nameTabs({ tabs }) {
  for (const tab of tabs) tab.title = titles[tab.title] ?? tab.title;
}

/** Loads the values of the examples. Only a server with demo data sends a login and names that exist. */
export async function loadValues() {
  const response = await fetch(new URL('examples.json', document.baseURI));
  if (!response.ok) throw new Error(`examples.json: the server answered ${response.status}`);
  return response.json();
}

/** Returns GraphiQL's state with the five example tabs. */
export function exampleTabs({ username, password, accounts, unit, logInHint, eventsHint }) {
  const event = (requestUniqueIdentifier, number, performedOn) => ({
    requestUniqueIdentifier,
    accountsReceivableIdentifier: { number },
    performedByUnitIdentifier: { name: unit },
    performedOn,
    website: 'www.crm.com',
  });
  const events = [
    event('06', accounts[0], '2016-06-22T15:00:00'),
    event('07', accounts[1], '2016-06-22T15:05:02'),
    event('08', 'ACR00045000', '2016-06-22T15:19:22'),
    event('09', 'ACR00670040', '2016-06-22T15:15:42'),
  ];
  const withReference = ({ requestUniqueIdentifier, ...rest }) => ({
    requestUniqueIdentifier,
    ...rest,
    externalSystem: 'www.crm.com',
    externalSystemReferenceNumber: `WEB-${requestUniqueIdentifier}`,
  });
  const farAhead = { ...event('10', accounts[0], '2999-01-01T00:00:00'), website: 'ftp://www.crm.com' };
  const create = (webCustomerEventsSet, idempotencyKey) => ({
    input: { idempotencyKey, webCustomerEventsSet },
  });

  const state = {
    activeTabIndex: 0,
    tabs: [
      tab('LogIn', logInHint + logIn, { input: { username, password } }),
      tab('CreateEvents', eventsHint + createEvents, create(events)),
      tab('ReplayEvents', eventsHint + replayEvents, create(events.map(withReference), 'example-2016-06-22')),
      tab('ReadEvents', readEvents),
      tab('DryRun', eventsHint + dryRun, create([withReference(events[0]), events[1], events[2], farAhead])),
    ],
  };
  nameTabs(state);
  return state;
}

const tab = (operationName, query, variables) => ({
  id: operationName,
  title: operationName,
  query,
  variables: variables ? JSON.stringify(variables, null, 2) : null,
  headers: null,
  operationName,
  response: null,
});

const logIn = `# Run this first (Ctrl-Enter). The page then sends the
# token with every request, until you log out or reload.
# The button "Log in" above does the same.
mutation LogIn($input: LoginInput!) {
  login(input: $input) {
    token
    expiresAt
  }
}
`;

const create = (operationName) => `mutation ${operationName}($input: CreateWebCustomerEventsInput!) {
  createWebCustomerEvents(input: $input) {
    processedCustomerEventsSet {
      requestUniqueIdentifier
      id
      number
      replayed
    }
    unprocessedCustomerEventsSet {
      requestUniqueIdentifier
      errorCode
      errorDescription
    }
    summary {
      received
      processed
      replayed
      unprocessed
    }
  }
}
`;

const createEvents = `# Four events in one call. The last two name accounts that
# do not exist: they are unprocessed, the others are stored.
${create('CreateEvents')}`;

const replayEvents = `# The same events with an idempotency key for the call, and
# with external references. Run it twice: the second run
# stores nothing and returns the same ids, replayed.
${create('ReplayEvents')}`;

const readEvents = `# The newest events. "after: <endCursor>" reads the next page.
query ReadEvents {
  webCustomerEvents(first: 10) {
    nodes {
      id
      number
      performedOn
      website
      accountsReceivable {
        number
        name
      }
      performedByUnit {
        name
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`;

const dryRun = `# What would happen to these events? Nothing is stored. The
# last event has two problems, and both are listed.
query DryRun($input: CreateWebCustomerEventsInput!) {
  checkWebCustomerEvents(input: $input) {
    summary {
      received
      processed
      replayed
      unprocessed
    }
    unprocessedCustomerEventsSet {
      index
      requestUniqueIdentifier
      problems {
        path
        errorCode
        errorDescription
      }
    }
  }
}
`;
