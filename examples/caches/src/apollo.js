import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';

/**
 * A row of a call's result has the id of its event, and two rows have the same id if the call has an event
 * twice. Without this policy, the cache merges such rows into one.
 */
export const typePolicies = { ProcessedCustomerEvent: { keyFields: false } };

export const newClient = (uri, token) =>
  new ApolloClient({
    link: new HttpLink({ uri, headers: { Authorization: `Bearer ${token}` } }),
    cache: new InMemoryCache({ typePolicies }),
  });
