import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';

const none = () => null;

/**
 * A row of a call's result has the id of its event, and two rows have the same id if the call has an event
 * twice. Without the first key, the cache merges such rows into one. The other types have no id: without
 * their keys, the cache may warn that it has no key for them.
 */
export const keys = {
  ProcessedCustomerEvent: none,
  UnprocessedCustomerEvent: none,
  EventProblem: none,
  BatchSummary: none,
  CreateWebCustomerEventsPayload: none,
  CheckWebCustomerEventsPayload: none,
  LoginPayload: none,
  Limits: none,
};

export const newClient = (url, token) =>
  new Client({
    url,
    exchanges: [cacheExchange({ keys }), fetchExchange],
    fetchOptions: { headers: { Authorization: `Bearer ${token}` } },
    preferGetMethod: false,
  });
