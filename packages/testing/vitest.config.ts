export { default } from './vitestBase.ts';
