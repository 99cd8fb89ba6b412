// Fetches the schema from a running server's address, as graphql-codegen and graphql-inspector do, and compares it
// with the file that the server has:
//   node schema.mjs http://127.0.0.1:8080
import { UrlLoader } from '@graphql-tools/url-loader';
import { buildSchema, GraphQLSchema, lexicographicSortSchema, printSchema, specifiedDirectives } from 'graphql';

const address = process.argv[2];
const problems = [];

// The loader accepts gzip, deflate, br and zstd, and on Node 20 cannot read zstd.
const options = { oneOf: true, specifiedByUrl: true, inputValueDeprecation: true };
const [loaded] = await new UrlLoader().load(`${address}/graphql`, options);
const file = await (await fetch(`${address}/schema.graphql`)).text();
// Types only: the file need not define the directives that every schema has.
const print = (schema) => printSchema(lexicographicSortSchema(
  new GraphQLSchema({ ...schema.toConfig(), description: undefined, directives: specifiedDirectives })));
if (print(loaded.schema) !== print(buildSchema(file))) problems.push('the schema at /graphql is not that of /schema.graphql');

for (const [accepted, want] of [['gzip, deflate, br, zstd', 'gzip'], ['zstd', null], ['br', null]]) {
  const response = await fetch(`${address}/schema.graphql`, { headers: { 'accept-encoding': accepted } });
  const encoding = response.headers.get('content-encoding');
  if (encoding !== want) problems.push(`accept-encoding ${accepted}: the response has the encoding ${encoding}`);
  await response.arrayBuffer();
}

for (const problem of problems) console.log(problem);
console.log(`schema: ${Object.keys(loaded.schema.getTypeMap()).length} types, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
