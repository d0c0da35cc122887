// The exporter copies the rows of a feed to a collector, a JSON object a line.
import { once } from 'node:events';
import net from 'node:net';
import readline from 'node:readline';

async function dial(address) {
  const colon = address.lastIndexOf(':');
  const socket = net.connect(Number(address.slice(colon + 1)), address.slice(0, colon));
  await once(socket, 'connect');
  return socket;
}

let exported = 0;

async function exportRows(cursor, collector) {
  for await (const row of cursor) {
    const comma = row.indexOf(',');
    const line = JSON.stringify({ id: row.slice(0, comma), payload: row.slice(comma + 1) }) + '\n';
    collector.write(Buffer.from(line));
    exported++;
  }
}

async function main() {
  const feed = await dial(process.env.HIGHWATER_SOURCE);
  const collector = await dial(process.env.HIGHWATER_SINK);
  const cursor = readline.createInterface({ input: feed, crlfDelay: Infinity });
  await exportRows(cursor, collector);
  collector.end();
  await once(collector, 'finish');
  console.log(`exported ${exported} rows`);
}

await main();
