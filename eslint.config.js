// Lint rules: typescript-eslint's strict type-checked set, and rules that enforce the architecture: which folder may import
// which, who may read the environment and the arguments, which file imports the library of an upstream; and the word list.
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { discouragedPhrase } from './test/prose/eslint-rule.ts';

/** Each outside library that talks to an upstream is imported in one file, named here. */
const UPSTREAM_LIBRARIES = {
  '@aws-sdk/client-sts': ['src/federation/sts-client.ts'],
  '@aws-sdk/credential-provider-ini': ['src/federation/read-profile.ts'],
  'google-auth-library': ['src/identity/impersonated.ts'],
  'gcp-metadata': ['src/identity/metadata.ts'],
  jose: [
    'src/auth/verify-token.ts',
    'src/auth/token-fault.ts',
    'src/auth/trusted-issuer.ts',
    'src/auth/choose-issuer.ts',
    'src/auth/issuer-keys.ts',
    'src/auth/fetch-keys.ts',
  ],
  '@opentelemetry/api': ['src/observability/trace-export.ts'],
  '@opentelemetry/exporter-trace-otlp-proto': ['src/observability/trace-export.ts'],
  '@opentelemetry/resources': ['src/observability/trace-export.ts'],
  '@opentelemetry/sdk-trace': ['src/observability/trace-export.ts'],
  pino: ['src/observability/log.ts'],
  'prom-client': [
    'src/observability/metrics.ts',
    'src/observability/budget-metrics.ts',
    'src/observability/process-metrics.ts',
    'src/observability/read-ahead-metrics.ts',
    'src/observability/request-metrics.ts',
  ],
  yaml: ['src/config/document.ts'],
};

/** Folders that each folder of src may import besides itself and {@link SHARED}: the steps do not import each other, `server` joins them. */
const DIRECTION = {
  errors: [],
  runtime: [],
  config: [],
  observability: [],
  http1: [],
  policy: ['config'],
  identity: [],
  auth: ['policy'],
  federation: ['policy'],
  s3: ['http1', 'policy'],
  cache: ['s3', 'http1'],
  api: ['auth', 'identity', 'federation', 's3', 'cache', 'http1', 'observability'],
  server: ['api', 'auth', 'identity', 'federation', 's3', 'cache', 'http1', 'observability', 'console'],
  caller: ['config', 'identity', 'auth', 'api', 'doctor'],
  console: ['api', 'auth', 'observability'],
  doctor: ['config', 'policy', 'identity', 'auth', 'federation', 's3', 'http1', 'server'],
  cli: [
    'config',
    'policy',
    'identity',
    'auth',
    'federation',
    's3',
    'observability',
    'server',
    'doctor',
    'caller',
    'console',
    'sandbox',
  ],
  sandbox: ['config'],
};

/** What every folder may import. */
const SHARED = ['errors', 'runtime'];
const SHARED_CONFIG = '(?:types|aws-[\\w-]+|google-[\\w-]+)\\.ts$';

/** Files that may import more, until their parts have moved; and the bridge that the sandbox starts. */
const EXCEPTIONS = {
  'src/sandbox/bridge-process.ts': ['cli'],
  'src/sandbox/console-process.ts': ['cli'],
};

/** The rule for a file that lies `depth` folders below `src`, types included. */
function directionRule(folder, depth, more = []) {
  const allowed = [folder, ...SHARED, ...DIRECTION[folder], ...more];
  const banned = Object.keys(DIRECTION).filter((other) => !allowed.includes(other));
  const up = '\\.\\./'.repeat(depth);
  const paths = banned.map((other) => (other === 'config' ? `config/(?!${SHARED_CONFIG})` : `${other}/`));
  return {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^${up}(?:${[...paths, 'main\\.ts'].join('|')})`,
            message: `src/${folder} may not import this folder: see DIRECTION in eslint.config.js.`,
          },
        ],
      },
    ],
  };
}

const READS_ENVIRONMENT = {
  object: 'process',
  property: 'env',
  message:
    'Only src/config/load.ts reads the environment, and src/runtime/process-setup.ts, before anything else is loaded.',
};
const READS_ARGUMENTS = {
  object: 'process',
  property: 'argv',
  message: 'Only src/main.ts reads the arguments.',
};

const forbidden = (names) =>
  names.map((name) => ({ name, message: 'Another file already imports this library.' }));

export default defineConfig(
  { ignores: ['dist', 'lib', 'node_modules'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js', 'bin/fedbridge.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { prose: { rules: { 'discouraged-phrase': discouragedPhrase } } },
    rules: {
      'prose/discouraged-phrase': 'error',
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
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
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
      'no-restricted-properties': ['error', READS_ENVIRONMENT, READS_ARGUMENTS],
      'no-restricted-imports': ['error', { paths: forbidden(Object.keys(UPSTREAM_LIBRARIES)) }],
      'no-console': 'error',
    },
  },
  ...[...new Set(Object.values(UPSTREAM_LIBRARIES).flat())].map((file) => ({
    files: [file],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: forbidden(
            Object.keys(UPSTREAM_LIBRARIES).filter((name) => !UPSTREAM_LIBRARIES[name].includes(file)),
          ),
        },
      ],
    },
  })),
  ...Object.keys(DIRECTION).flatMap((folder) => [
    { files: [`src/${folder}/*.ts`], rules: directionRule(folder, 1) },
    { files: [`src/${folder}/*/*.ts`], rules: directionRule(folder, 2) },
  ]),
  ...Object.entries(EXCEPTIONS).map(([file, more]) => ({
    files: [file],
    rules: directionRule(file.split('/')[1], file.split('/').length - 2, more),
  })),
  {
    files: ['src/config/load.ts', 'src/runtime/process-setup.ts'],
    rules: { 'no-restricted-properties': ['error', READS_ARGUMENTS] },
  },
  {
    files: ['src/main.ts'],
    rules: { 'no-restricted-properties': ['error', READS_ENVIRONMENT] },
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
    files: ['test/prose/*.ts'],
    rules: { 'prose/discouraged-phrase': 'off' },
  },
  {
    files: ['eslint.config.js', 'test/prose/markdownlint-rule.ts'],
    rules: { 'no-restricted-exports': 'off' },
  },
  {
    files: ['**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
