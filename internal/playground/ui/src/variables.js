import { isInputObjectType } from 'graphql';

const date = String.raw`\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])`;
const minute = String.raw`([01]\d|2[0-3]):[0-5]\d`;

/** JSON schemas of scalars, for the marks in the variables. ID and OneTimePassword may be numbers. */
export const scalarSchemas = {
  ID: { type: ['string', 'integer'] },
  OneTimePassword: { type: ['string', 'integer'] },
  DateTime: {
    type: 'string',
    pattern: `^${date}[Tt]${minute}(:.*|[Zz]|[+-].*)?$`, // the server checks the rest
    patternErrorMessage:
      'Write a date that exists as 2016-06-22T15:00:00, with Z or an offset such as +03:00 if it has a zone.',
  },
};

/**
 * Makes the JSON schema of a query's variables as strict as the GraphQL schema: no unknown fields, and
 * exactly one member of a @oneOf type. A null member of it counts as not given, as on the server.
 */
export function strictSchema(jsonSchema, schema) {
  const definitions = Object.entries(jsonSchema.definitions ?? {}).map(([name, definition]) => {
    const type = schema?.getType(name);
    if (!isInputObjectType(type)) return [name, definition];
    const strict = { ...definition, additionalProperties: false };
    return [name, type.isOneOf ? { ...strict, allOf: exactlyOne(Object.keys(type.getFields())) } : strict];
  });
  return { ...jsonSchema, definitions: Object.fromEntries(definitions) };
}

function exactlyOne(names) {
  const given = (name) => ({
    type: 'object',
    required: [name],
    properties: { [name]: { not: { type: 'null' } } },
  });
  const pairs = names.flatMap((a, i) => names.slice(i + 1).map((b) => ({ allOf: [given(a), given(b)] })));
  const none = { not: { anyOf: names.map(given) } };
  const errorMessage = `Give exactly one of ${names.join(', ')}.`;
  return [{ not: none, errorMessage }, ...(pairs.length ? [{ not: { anyOf: pairs }, errorMessage }] : [])];
}
