// The service serves the rows of a feed as a download of JSON lines.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { Transform, pipeline } from 'node:stream';

function* formatRows(rows) {
  for (const row of rows) {
    yield JSON.stringify({ row }) + '\n';
  }
}

// RowFormatter makes lines of JSON of a feed's rows, one object each.
class RowFormatter extends Transform {
  rest = ''; // of a row that is not complete

  constructor() {
    super({ decodeStrings: false, readableObjectMode: true });
  }

  _transform(text, encoding, callback) {
    const rows = (this.rest + text).split('\n');
    this.rest = rows.pop();
    for (const line of formatRows(rows)) {
      this.push(line);
    }
    callback();
  }
}

function openFeed() {
  const [host, port] = process.env.HIGHWATER_SOURCE.split(':');
  return connect({ host, port }).setEncoding('latin1');
}

function exportRows(request, response) {
  const feed = openFeed();
  const rows = new RowFormatter();
  function finish(error) {
    if (error) {
      console.error('export:', error.message);
      response.destroy(); // the client must not take a part for the whole
    }
  }
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  pipeline(feed, rows, response, finish);
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
