// The relay forwards the rows of a feed to a collector, a JSON object a line.
import { once } from 'node:events';
import net from 'node:net';
import readline from 'node:readline';

async function dial(address) {
  const colon = address.lastIndexOf(':');
  const socket = net.connect(Number(address.slice(colon + 1)), address.slice(0, colon));
  await once(socket, 'connect');
  return socket;
}

let forwarded = 0;

async function forwardRows(rows, collector) {
  for await (const row of rows) {
    const [id, ...fields] = row.split(',');
    if (!collector.write(Buffer.from(JSON.stringify({ id, fields }) + '\n'))) {
      await once(collector, 'drain');
    }
    forwarded++;
  }
}

async function main() {
  const feed = await dial(process.env.HIGHWATER_SOURCE);
  const collector = await dial(process.env.HIGHWATER_SINK);
  const rows = readline.createInterface({ input: feed, crlfDelay: Infinity });
  await forwardRows(rows, collector);
  collector.end();
  await once(collector, 'close');
  console.log(`forwarded ${forwarded} rows`);
}

await main();
