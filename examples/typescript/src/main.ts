// Sends a batch of 1007 events to a server with demo data, and sends it again, as after a crash:
//   npm start [server [seconds of a request [seconds of a call with its retries]]]
import { Client, type Outcome } from './client.js';
import type { WebCustomerEventInput } from './gql/graphql.js';

/**
 * The four events of the Web API's documentation, an event with an access token, one with an external
 * reference, one with two problems, and 1000 page views.
 */
function exampleEvents(reference: string): WebCustomerEventInput[] {
  const event = (
    requestUniqueIdentifier: string,
    account: string,
    performedOn: string,
  ): WebCustomerEventInput => ({
    requestUniqueIdentifier,
    accountsReceivableIdentifier: { number: account },
    performedByUnitIdentifier: { name: 'Admin Unit' },
    performedOn,
    website: 'www.crm.com',
  });
  return [
    event('06', 'ACR0000000020', '2016-06-22T15:00:00'),
    event('07', 'ACR0000000077', '2016-06-22T15:05:02'),
    event('08', 'ACR00045000', '2016-06-22T15:19:22'),
    event('09', 'ACR00670040', '2016-06-22T15:15:42'),
    {
      requestUniqueIdentifier: 'token',
      rewardsParticipantIdentifier: {
        accessTokenIdentifier: { authenticationCode: 'demo-authentication-code' },
      },
      classificationIdentifier: { name: 'Newsletter' },
      performedByUnitIdentifier: { alternativeCode: 'webshop' },
      performedOn: new Date().toISOString(),
      website: 'https://shop.example.com/newsletter',
    },
    {
      ...event('reference', 'ACR0000000020', '2016-06-22T17:15:42+02:00'),
      externalSystem: 'shop',
      externalSystemReferenceNumber: reference,
    },
    { ...event('problems', 'ACR00045000', '2016-06-22T15:15:42Z'), website: 'ftp://www.crm.com' },
    ...Array.from({ length: 1000 }, (_, i) => ({
      ...event(`page ${i + 1}`, 'ACR0000000077', '2016-06-22T15:00:00Z'),
      website: `https://shop.example.com/page/${i + 1}`,
    })),
  ];
}

// An identifier is a union: the compiler takes exactly one of its fields.
// @ts-expect-error
({ id: '1', name: 'Admin Unit' }) satisfies WebCustomerEventInput['performedByUnitIdentifier'];

/** Prints the events of a call other than the page views, and a summary. */
function print({
  first,
  count,
  summary,
  processedCustomerEventsSet,
  unprocessedCustomerEventsSet,
}: Outcome): void {
  for (const { index, requestUniqueIdentifier, id, number, replayed } of processedCustomerEventsSet) {
    if (requestUniqueIdentifier.startsWith('page ')) continue;
    console.log(
      `${index + 1} ${requestUniqueIdentifier} processed: id ${id}, number ${number}, replayed ${replayed}`,
    );
  }
  for (const { index, requestUniqueIdentifier, retryable, problems } of unprocessedCustomerEventsSet) {
    const state = retryable ? 'unprocessed, send it again later' : 'unprocessed';
    for (const { path, errorCode, errorDescription } of problems) {
      const what = `${path.join('.')}: ${errorCode}: ${errorDescription}`;
      console.log(`${index + 1} ${requestUniqueIdentifier ?? '?'} ${state}: ${what}`);
    }
  }
  const later = unprocessedCustomerEventsSet.filter(({ retryable }) => retryable).length;
  const { processed, replayed, unprocessed } = summary;
  const counts = `${processed} processed, ${replayed} replayed, ${unprocessed} unprocessed`;
  console.log(`events ${first + 1} to ${first + count}: ${counts}, ${later} to send again later`);
}

const [server = 'http://127.0.0.1:8080', request, retries] = process.argv.slice(2);
const client = new Client({
  server,
  username: 'demo',
  password: 'demo-password',
  ...(request && { requestTimeout: Number(request) * 1000 }),
  ...(retries && { retryTimeout: Number(retries) * 1000 }),
});

// In a product, the key is stored with the batch before the first attempt. The reference is the number of
// the order in the shop.
const key = `example-typescript-${crypto.randomUUID()}`;
const events = exampleEvents(key);
try {
  for (let time = 0; time < 2; time++) {
    for await (const outcome of client.create(key, events)) print(outcome);
  }
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
