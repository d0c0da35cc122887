// The publisher sends a table to a collector, a JSON object a row. Its cursor is synchronous,
// as those of embedded databases are: another thread does the reading.
import { once } from 'node:events';
import net from 'node:net';
import { MessageChannel, Worker, isMainThread, receiveMessageOnPort, workerData } from 'node:worker_threads';

async function dial(address) {
  const colon = address.lastIndexOf(':');
  const socket = net.connect(Number(address.slice(colon + 1)), address.slice(0, colon));
  await once(socket, 'connect');
  return socket;
}

// servePages answers each request with the next page of the table, and at its end with null.
async function servePages({ port, answered }) {
  const table = await dial(process.env.HIGHWATER_SOURCE);
  const pages = table[Symbol.asyncIterator]();
  for (;;) {
    await once(port, 'message');
    const { value, done } = await pages.next();
    port.postMessage(done ? null : value);
    Atomics.add(answered, 0, 1);
    Atomics.notify(answered, 0);
    if (done) {
      return port.close();
    }
  }
}

// openTable returns a function that waits for the next page of the table.
function openTable() {
  const { port1, port2 } = new MessageChannel();
  const answered = new Int32Array(new SharedArrayBuffer(4));
  new Worker(new URL(import.meta.url), {
    workerData: { port: port2, answered },
    transferList: [port2],
    execArgv: [], // flags are meant for the publisher
  });
  return function nextPage() {
    const before = Atomics.load(answered, 0);
    port1.postMessage('next');
    Atomics.wait(answered, 0, before);
    return receiveMessageOnPort(port1).message;
  };
}

function* readRows(nextPage) {
  let rest = '';
  for (let page = nextPage(); page; page = nextPage()) {
    const rows = (rest + Buffer.from(page).latin1Slice()).split('\n');
    rest = rows.pop();
    yield* rows;
  }
}

async function publishRows(rows, collector) {
  for (const row of rows) {
    const [id, ...fields] = row.split(',');
    if (!collector.write(Buffer.from(JSON.stringify({ id, fields }) + '\n'))) {
      await once(collector, 'drain');
    }
  }
}

async function main() {
  const collector = await dial(process.env.HIGHWATER_SINK);
  await publishRows(readRows(openTable()), collector);
  collector.end();
}

await (isMainThread ? main() : servePages(workerData));
