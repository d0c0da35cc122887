// The service serves the rows of a feed as a download, a JSON object a row.
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import readline from 'node:readline';

// highWaterMark is how much a response may hold for its client, in bytes.
const highWaterMark = 64 * 1024;

function endpoint(address) {
  const colon = address.lastIndexOf(':');
  return { port: Number(address.slice(colon + 1)), host: address.slice(0, colon) || undefined };
}

async function exportRows(rows, res, signal) {
  for await (const row of rows) {
    const [id, ...fields] = row.split(',');
    if (!res.write(JSON.stringify({ id, fields }) + '\n')) {
      await once(res, 'drain', { signal });
    }
  }
  res.end();
}

async function download(req, res) {
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  const feed = net.connect(endpoint(process.env.HIGHWATER_SOURCE));
  try {
    await once(feed, 'connect', { signal: gone.signal });
    res.setHeader('Content-Type', 'application/x-ndjson');
    await exportRows(readline.createInterface({ input: feed, crlfDelay: Infinity }), res, gone.signal);
  } catch (err) {
    console.error('download:', err.message);
    res.destroy(); // the client must not take a part for the whole
  } finally {
    feed.destroy();
  }
}

http.createServer({ highWaterMark }, download).listen(endpoint(process.env.HIGHWATER_LISTEN));
