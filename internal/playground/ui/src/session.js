import { getOperationAST, Kind, parse } from 'graphql';

/** True if the request is a login. */
export function holdsLogin(params) {
  return mutationFields(params).some((field) => field.name === 'login');
}

/** The token that holds after the request got this result. */
export function tokenAfter(params, result, token) {
  for (const field of mutationFields(params)) {
    if (field.name === 'logout') token = null;
    if (field.name === 'login') {
      const key = field.children().find((child) => child.name === 'token')?.key;
      token = result.data?.[field.key]?.[key] ?? token;
    }
  }
  return token;
}

function mutationFields({ query, operationName }) {
  try {
    const document = parse(query);
    const operation = getOperationAST(document, operationName);
    return operation?.operation === 'mutation' ? fieldsOf(operation.selectionSet, document) : [];
  } catch {
    return []; // not GraphQL: the server says so
  }
}

/** Fields by name and by the key (alias) they are answered under, through fragments. */
function fieldsOf(selectionSet, document, seen = []) {
  return (selectionSet?.selections ?? []).flatMap((node) => {
    if (node.kind === Kind.FIELD) {
      const name = node.name.value;
      const children = () => fieldsOf(node.selectionSet, document);
      return [{ name, key: node.alias?.value ?? name, children }];
    }
    if (node.kind === Kind.INLINE_FRAGMENT) return fieldsOf(node.selectionSet, document, seen);
    const fragment = document.definitions.find(
      (d) => d.kind === Kind.FRAGMENT_DEFINITION && d.name.value === node.name.value,
    );
    return seen.includes(fragment) ? [] : fieldsOf(fragment?.selectionSet, document, [...seen, fragment]);
  });
}
