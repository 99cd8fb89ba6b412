import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: '../../schema.graphqls',
  documents: 'src/client.ts',
  importExtension: '.js',
  emitLegacyCommonJSImports: false,
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string', // no GraphQL library is needed to send it
        useTypeImports: true,
        strictScalars: true,
        // A date is as it is written: the CRM's need no zone, and a Date would give them one.
        scalars: { DateTime: 'string', OneTimePassword: 'string | number' },
      },
    },
  },
};

export default config;
