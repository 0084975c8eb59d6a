import { startFakeStreamServer } from './fakeStreamServer.ts';

// node -C @binnacle/source src/testing/fakeStreamMain.ts [port]: the fake server alone, for work on the pages.
const [port = '6302'] = process.argv.slice(2);
const server = await startFakeStreamServer({ port: Number(port) });
process.stdout.write(`fake stream-service on ${server.url}\n`);
process.once('SIGTERM', () => void server.close());
process.once('SIGINT', () => void server.close());
