import { graphql } from 'relay-runtime';

export const relayCreate = graphql`
  mutation relayCreateMutation($input: CreateWebCustomerEventsInput!) {
    createWebCustomerEvents(input: $input) {
      processedCustomerEventsSet {
        index
        requestUniqueIdentifier
        id
        replayed
        event {
          id
          website
        }
      }
    }
  }
`;
