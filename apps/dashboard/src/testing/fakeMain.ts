import { startFakeExceptionServer } from './fakeExceptionServer.ts';

// node -C @binnacle/source src/testing/fakeMain.ts [port] [count]: the fake server alone, for work on the pages.
const [port = '9595', count = '42'] = process.argv.slice(2);
const server = await startFakeExceptionServer({ port: Number(port), count: Number(count) });
process.stdout.write(`fake exception-server on ${server.url}\n`);
process.once('SIGTERM', () => void server.close());
process.once('SIGINT', () => void server.close());
