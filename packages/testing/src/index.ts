export {
  COMPONENTS,
  detectComponents,
  findExecutable,
  type Component,
  type ComponentName,
} from './components.ts';
export { describeWith } from './describeWith.ts';
export { FakeClock, type Clock } from './fakeClock.ts';
export { freePort } from './freePort.ts';
export { startPostgres, type PostgresServer } from './postgres.ts';
export { sharedReference } from './sharedReference.ts';
export { startProcess, type RunningProcess, type StartProcessOptions } from './startProcess.ts';
export { tempDir, type TempDir } from './tempDir.ts';
export { waitFor } from './waitFor.ts';
