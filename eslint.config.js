// Lint rules: typescript-eslint's strict type-checked set, and the few rules that hold the drawing together:
// who may read the environment and the arguments, and which file may talk to which supplier.
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Each outside library that talks to a supplier is imported in one file, named here. */
const SUPPLIER_LIBRARIES = {
  '@aws-sdk/client-sts': ['src/federation/sts-client.ts'],
  '@aws-sdk/credential-provider-ini': ['src/federation/read-profile.ts'],
  'google-auth-library': ['src/identity/impersonated.ts'],
  'gcp-metadata': ['src/identity/metadata.ts'],
  jose: ['src/auth/verify-token.ts', 'src/auth/google-keys.ts'],
  pino: ['src/observability/log.ts'],
  'prom-client': ['src/observability/metrics.ts'],
  yaml: ['src/config/document.ts'],
};

/** The five steps do not import each other: `bridge.ts` joins them. */
const STEPS = ['identity', 'auth', 'federation', 's3'];

const forbidden = (names) =>
  names.map((name) => ({ name, message: 'Another file already speaks to this supplier.' }));

export default defineConfig(
  { ignores: ['dist', 'node_modules'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true } }],
      // Parts are closures that one function makes: no method here has a `this` to lose.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'ObjectExpression > SpreadElement > ObjectExpression, :matches(ArrayExpression, CallExpression, NewExpression) > SpreadElement > ArrayExpression',
          message: 'Write the properties or elements out, without a spread around them.',
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/config/load.ts and the entry points read the environment.' },
        { object: 'process', property: 'argv', message: 'src/main.ts alone reads the arguments.' },
      ],
      'no-restricted-imports': ['error', { paths: forbidden(Object.keys(SUPPLIER_LIBRARIES)) }],
      'no-console': 'error',
    },
  },
  ...Object.entries(SUPPLIER_LIBRARIES).map(([name, files]) => ({
    files,
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: forbidden(Object.keys(SUPPLIER_LIBRARIES).filter((other) => other !== name)) },
      ],
    },
  })),
  ...STEPS.map((step) => ({
    files: [`src/${step}/**/*.ts`],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [...STEPS.filter((other) => other !== step), 'api', 'server', 'cli', 'sandbox'].map(
                (other) => `**/${other}/**`,
              ),
              allowTypeImports: true,
              message: 'Steps do not import each other; bridge.ts joins them.',
            },
          ],
        },
      ],
    },
  })),
  {
    files: ['src/config/load.ts', 'src/main.ts', 'src/sandbox/bridge-process.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // node:test returns promises that the runner itself awaits.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['describe', 'it', 'test', 'before', 'after'] },
          ],
        },
      ],
    },
  },
  {
    files: ['eslint.config.js'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-restricted-exports': 'off' },
  },
);
