import { getOperationAST, Kind, parse, valueFromASTUntyped } from 'graphql';

/**
 * The root fields of the mutation that a request runs, also those in fragments: name, key (the alias) in the
 * response, values of the arguments, and the fields selected below. Empty for a query or an invalid text.
 */
export function mutationFields({ query, operationName, variables }) {
  try {
    const document = parse(query);
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== 'mutation') return [];
    return fieldsOf(operation.selectionSet, { document, variables });
  } catch {
    return []; // the server reports what is wrong
  }
}

function fieldsOf(selectionSet, request, seen = []) {
  return (selectionSet?.selections ?? []).flatMap((node) => {
    if (node.kind === Kind.FIELD) {
      const name = node.name.value;
      return {
        name,
        key: node.alias?.value ?? name,
        arguments: () =>
          Object.fromEntries(
            node.arguments.map(({ name, value }) => [
              name.value,
              valueFromASTUntyped(value, request.variables),
            ]),
          ),
        children: () => fieldsOf(node.selectionSet, request),
      };
    }
    if (node.kind === Kind.INLINE_FRAGMENT) return fieldsOf(node.selectionSet, request, seen);
    const fragment = request.document.definitions.find(
      (d) => d.kind === Kind.FRAGMENT_DEFINITION && d.name.value === node.name.value,
    );
    return seen.includes(fragment) ? [] : fieldsOf(fragment?.selectionSet, request, [...seen, fragment]);
  });
}
