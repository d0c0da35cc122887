// The service serves the rows of a feed as a download of JSON lines.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { pipeline } from 'node:stream/promises';

const rowsAtOnce = 4;

// formatRows makes lines of JSON of a feed's rows, some at a time.
async function* formatRows(feed) {
  let lines = [];
  let rest = ''; // of a row that is not complete
  for await (const text of feed) {
    const rows = (rest + text).split('\n');
    rest = rows.pop();
    for (const row of rows) {
      lines.push(JSON.stringify({ row }) + '\n');
    }
    if (lines.length >= rowsAtOnce) {
      yield lines.join('');
      lines = [];
    }
  }
  yield lines.join('');
}

function openFeed() {
  const [host, port] = process.env.HIGHWATER_SOURCE.split(':');
  return connect({ host, port }).setEncoding('latin1');
}

async function exportRows(request, response) {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  try {
    await pipeline(openFeed(), formatRows, response);
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
