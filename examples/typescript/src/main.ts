// Logs in, sends the Web API's own example, four events of which two name accounts that do not exist, and sends it again as one does
// after a time-out:
//   npm start http://127.0.0.1:8080
import { Client } from './client.js';
import type { WebCustomerEventInput } from './gql/graphql.js';
import { graphql } from './gql/gql.js';

const logIn = graphql(`
  mutation logIn($input: LoginInput!) {
    login(input: $input) {
      token
    }
  }
`);

const create = graphql(`
  mutation create($input: CreateWebCustomerEventsInput!) {
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
    }
  }
`);

const event = (requestUniqueIdentifier: string, account: string, performedOn: string): WebCustomerEventInput => ({
  requestUniqueIdentifier,
  accountsReceivableIdentifier: { number: account },
  performedByUnitIdentifier: { name: 'Admin Unit' },
  performedOn,
  website: 'www.crm.com',
});

const webCustomerEventsSet = [
  event('06', 'ACR0000000020', '2016-06-22T15:00:00'),
  event('07', 'ACR0000000077', '2016-06-22T15:05:02'),
  event('08', 'ACR00045000', '2016-06-22T15:19:22'),
  event('09', 'ACR00670040', '2016-06-22T15:15:42'),
];

// An identifier is a union: the compiler takes exactly one of its fields.
// @ts-expect-error
({ id: '1', name: 'Admin Unit' }) satisfies WebCustomerEventInput['performedByUnitIdentifier'];

const client = new Client(`${process.argv[2] ?? 'http://127.0.0.1:8080'}/graphql`);
const { login } = await client.send(logIn, { input: { username: 'demo', password: 'demo-password' } });
client.token = login.token;

// With a key the call may be sent again: no event is stored twice. In earnest it is kept with the batch, so that it is the same after
// a crash too.
const key = { 'Idempotency-Key': `example-typescript-${crypto.randomUUID()}` };
for (let time = 0; time < 2; time++) {
  const { createWebCustomerEvents: outcome } = await client.send(create, { input: { webCustomerEventsSet } }, key);
  for (const { requestUniqueIdentifier, id, number, replayed } of outcome?.processedCustomerEventsSet ?? []) {
    console.log(`${requestUniqueIdentifier} processed: id ${id}, number ${number}, replayed ${replayed}`);
  }
  for (const { requestUniqueIdentifier, errorCode, errorDescription } of outcome?.unprocessedCustomerEventsSet ?? []) {
    console.log(`${requestUniqueIdentifier} unprocessed: ${errorCode}: ${errorDescription}`);
  }
}
