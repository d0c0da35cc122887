// The service serves the rows of a feed as a CSV download.
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

const [feedHost, feedPort] = process.env.HIGHWATER_SOURCE.split(':');
const [host, port] = process.env.HIGHWATER_LISTEN.split(':');

/** Formats a row as a line of CSV, as RFC 4180 wants it to end. */
function toLine(row) {
  return `${row}\r\n`;
}

/** Writes the rows of the feed to the response, as many at a time as came together. */
async function exportRows(feed, response) {
  const left = new AbortController();
  response.once('close', () => left.abort());
  let rest = '';
  for await (const chunk of feed.setEncoding('utf8')) {
    const rows = (rest + chunk).split('\n');
    rest = rows.pop();
    const lines = rows.map(toLine).join('');
    if (!response.write(lines)) await once(response, 'drain', { signal: left.signal });
  }
}

async function serve(request, response) {
  if (request.url !== '/export') return response.writeHead(404).end();
  const feed = net.connect(feedPort, feedHost);
  response.once('close', () => feed.destroy());
  response.setHeader('content-type', 'text/csv');
  try {
    await exportRows(feed, response);
    response.end();
  } catch (error) {
    console.error(`export: ${error.message}`);
    response.destroy(); // the client must not take a part for the whole
  }
}

http.createServer(serve).listen({ port, host: host || undefined });
