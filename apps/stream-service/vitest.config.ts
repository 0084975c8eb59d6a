export { default } from '@binnacle/testing/vitest';
