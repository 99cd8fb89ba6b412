// The tabs GraphiQL opens with, ready to run from left to right.

const events = [
  ['06', 'ACR0000000020', '2016-06-22T15:00:00'],
  ['07', 'ACR0000000077', '2016-06-22T15:05:02'],
  ['08', 'ACR00045000', '2016-06-22T15:19:22'],
  ['09', 'ACR00670040', '2016-06-22T15:15:42'],
].map(([requestUniqueIdentifier, number, performedOn]) => ({
  requestUniqueIdentifier,
  accountsReceivableIdentifier: { number },
  performedByUnitIdentifier: { name: 'Admin Unit' },
  performedOn,
  website: 'www.crm.com',
}));

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

const tab = (query, variables) => ({ query, variables: variables && JSON.stringify(variables, null, 2) });

export const tabs = [
  tab(
    `# Run this first. The page keeps the token in memory and sends it with the
# other tabs' requests, until a logout or a reload.
mutation LogIn($input: LoginInput!) {
  login(input: $input) {
    token
    expiresAt
  }
}
`,
    { input: { username: 'demo', password: 'demo-password' } },
  ),
  tab(create('CreateEvents'), { input: { webCustomerEventsSet: events } }),
  tab(
    `# The same events with their references in the sending system and a key for
# the whole request. Run it twice: the second run stores nothing new and
# answers with the events of the first one, replayed.
${create('ReplayEvents')}`,
    {
      input: {
        idempotencyKey: 'example-2016-06-22',
        webCustomerEventsSet: events.map((event) => ({
          ...event,
          externalSystem: 'www.crm.com',
          externalSystemReferenceNumber: `WEB-${event.requestUniqueIdentifier}`,
        })),
      },
    },
  ),
  tab(`query ReadEvents {
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
`),
];
