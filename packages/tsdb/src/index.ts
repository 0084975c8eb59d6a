export { TSDB_ERRORS, TsdbError } from './errors.ts';
