// The service serves the rows of a feed as a download of JSON lines, for a second at most.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const timeLimit = 1000; // milliseconds

// RowFormatter makes lines of JSON of a feed's rows.
class RowFormatter extends Transform {
  rest = ''; // of a row that is not complete

  constructor() {
    super({ decodeStrings: false });
  }

  _transform(text, encoding, callback) {
    const rows = (this.rest + text).split('\n');
    this.rest = rows.pop();
    for (const row of rows) {
      this.push(JSON.stringify({ row }) + '\n');
    }
    callback();
  }
}

function openFeed() {
  const [host, port] = process.env.HIGHWATER_SOURCE.split(':');
  return connect({ host, port }).setEncoding('latin1');
}

async function exportRows(request, response) {
  const feed = openFeed();
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  const signal = AbortSignal.timeout(timeLimit);
  try {
    await pipeline(feed, new RowFormatter(), response, { signal });
  } catch (error) {
    console.error('export:', error.message);
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
