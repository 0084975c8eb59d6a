// Appends steps until it is killed, and says each one that was acknowledged. Arguments: folder, first step.
import { writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { appendStep, openCrashStore } from './workload.ts';

const [folder, first] = process.argv.slice(2);
const db = openCrashStore(folder!, []);
let failure: unknown;
let maintenance: Promise<void> | undefined;
for (let step = Number(first); ; step++) {
  if (failure !== undefined) throw failure;
  appendStep(db, step);
  writeSync(1, `${step}\n`);
  if (step % 60 === 0) {
    maintenance ??= db
      .maintain()
      .catch((error: unknown) => (failure = error))
      .then(() => (maintenance = undefined));
  }
  await setImmediate();
}
