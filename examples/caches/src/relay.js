import { Environment, Network, RecordSource, Store } from 'relay-runtime';

/**
 * A row of a call's result has the id of its event. Relay identifies a record by its id alone, whatever its
 * type: without this function, it merges the row with its event, and with another row of the same event.
 */
export const getDataID = (fields, typeName) =>
  typeName === 'ProcessedCustomerEvent' ? undefined : fields.id;

export const newEnvironment = (uri, token) =>
  new Environment({
    getDataID,
    store: new Store(new RecordSource()),
    network: Network.create(async ({ text: query }, variables) => {
      const response = await fetch(uri, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
        body: JSON.stringify({ query, variables }),
      });
      return response.json();
    }),
  });
