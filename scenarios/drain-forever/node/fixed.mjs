// The service serves the rows of a feed as a download of JSON lines.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';

// readLines hands on a feed's rows as lines of JSON.
async function* readLines(feed) {
  let rest = ''; // of a row that is not complete
  for await (const text of feed) {
    const rows = (rest + text).split('\n');
    rest = rows.pop();
    for (const row of rows) {
      yield JSON.stringify({ row }) + '\n';
    }
  }
}

function openFeed() {
  const [host, port] = process.env.HIGHWATER_SOURCE.split(':');
  return connect({ host, port }).setEncoding('latin1');
}

async function exportRows(request, response) {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  const left = new AbortController();
  response.on('close', () => left.abort());
  try {
    for await (const line of readLines(openFeed())) {
      if (!response.write(line)) await once(response, 'drain', { signal: left.signal });
    }
    response.end();
  } catch (error) {
    console.error('export:', error.message);
    response.destroy(); // the client must not take a part for the whole
  }
}

function handle(request, response) {
  if (request.method === 'GET' && request.url === '/export') {
    exportRows(request, response);
    return;
  }
  response.writeHead(404).end();
}

const [host, port] = process.env.HIGHWATER_LISTEN.split(':');
createServer(handle).listen({ host, port });
