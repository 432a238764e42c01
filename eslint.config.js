import tseslint from 'typescript-eslint'

const clockless = [
  { object: 'Date', property: 'now', message: 'Time is an argument (Clock).' },
  { object: 'Math', property: 'random', message: 'Randomness is an argument (Ids).' },
  { object: 'crypto', property: 'randomUUID', message: 'Ids are an argument (Ids).' }
]

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'test/bench/node_modules/', 'data/', '.tap/', '**/*.cjs', '**/*.js'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 12],
      'max-params': ['error', 4],
      'max-depth': ['error', 4],
      'no-console': 'error',
      'no-restricted-properties': ['error', ...clockless],
      'no-restricted-globals': ['error', { name: 'process', message: 'Only app/ touches the process.' }],
      'prefer-const': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/require-await': 'off'
    }
  },
  {
    files: ['core/**', 'jobs/**'],
    rules: {
      'max-lines': ['error', { max: 200, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Time is an argument (Clock).' },
        { selector: "ClassDeclaration:not([superClass.name='Error'])", message: 'Functions, not classes.' }]
    }
  },
  {
    // One catalogue of refusals, a line each: it is a table.
    files: ['core/errors.ts'],
    rules: { 'max-lines': 'off' }
  },
  {
    files: ['app/**', 'test/**'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off', 'no-console': 'off' }
  },
  {
    files: ['test/**'],
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
      complexity: 'off',
      '@typescript-eslint/no-floating-promises': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off'
    }
  }
)
