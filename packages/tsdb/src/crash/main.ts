// The long form of the crash test: npm run test:crash [-- kills]. The short form is crash.test.ts.
import { tempDir } from '@binnacle/testing';
import { runCrashTest } from './runCrashTest.ts';

const kills = Number(process.argv[2] ?? 300);
using folder = tempDir('crash');
const report = await runCrashTest(folder.path, kills, (text) => process.stdout.write(`${text}\n`));
process.stdout.write(`${JSON.stringify(report)}\n`);
