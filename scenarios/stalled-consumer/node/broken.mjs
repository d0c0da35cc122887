// The service serves the rows of a feed as a download.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { pipeline } from 'node:stream/promises';

const sendBuffer = 1 << 20; // bytes for each client

// decodeRows makes text of what the feed sends. It goes out in UTF-8.
async function* decodeRows(feed) {
  for await (const chunk of feed) {
    yield chunk.toString('latin1');
  }
}

function openFeed() {
  const [host, port] = process.env.HIGHWATER_SOURCE.split(':');
  return connect({ host, port });
}

async function exportRows(request, response) {
  response.writeHead(200, { 'Content-Type': 'text/csv; charset=utf-8' });
  try {
    await pipeline(openFeed(), decodeRows, response);
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
const server = createServer({ highWaterMark: sendBuffer }, handle);
server.listen({ host, port });
