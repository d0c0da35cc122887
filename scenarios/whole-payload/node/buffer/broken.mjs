// The service renders the rows of a feed as a CSV download.
import { createServer } from 'node:http';
import { connect } from 'node:net';

function quote(row) {
  const [id, payload] = row.split(',');
  return `${id},"${payload}"\n`;
}

// render makes CSV of the feed's rows, behind a heading.
async function render(feed) {
  const page = [Buffer.from('id,payload\n')];
  let rest = '';
  for await (const text of feed) {
    const rows = (rest + text).split('\n');
    rest = rows.pop();
    for (const row of rows) {
      page.push(Buffer.from(quote(row)));
    }
  }
  return Buffer.concat(page);
}

function openFeed() {
  const [host, port] = process.env.HIGHWATER_SOURCE.split(':');
  return connect({ host, port }).setEncoding('utf8');
}

async function exportRows(response) {
  try {
    const page = await render(openFeed());
    response.writeHead(200, { 'Content-Type': 'text/csv', 'Content-Length': page.length });
    response.end(page);
  } catch (error) {
    console.error('export:', error.message);
    response.writeHead(502).end();
  }
}

function handle(request, response) {
  if (request.method === 'GET' && request.url === '/export') {
    exportRows(response);
    return;
  }
  response.writeHead(404).end();
}

const [host, port] = process.env.HIGHWATER_LISTEN.split(':');
createServer(handle).listen({ host, port });
