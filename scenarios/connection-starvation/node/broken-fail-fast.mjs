// The service lets its users download their orders, straight from the database.
import http from 'node:http';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import QueryStream from 'pg-query-stream';

// What the database's administrator allows this service.
const connections = 20;
const chunk = 64 * 1024; // characters

/** Opens a pool of at most so many connections. */
function openPool(max) {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max, connectionTimeoutMillis: 1000 });
  pool.on('error', (error) => console.error('idle connection:', error.message));
  return pool;
}

const orders = openPool(connections);
const health = orders;

/** Makes lines of rows, many at a time. */
async function* toLines(rows) {
  let lines = '';
  for await (const row of rows) {
    lines += `${row.line}\n`;
    if (lines.length >= chunk) {
      yield lines;
      lines = '';
    }
  }
  yield lines;
}

/** Answers with all orders, a line each. */
async function exportOrders(request, response) {
  const client = await orders.connect();
  let failed = true;
  try {
    const rows = client.query(new QueryStream('SELECT line FROM orders'));
    await pipeline(rows, toLines, response);
    failed = false;
  } finally {
    client.release(failed);
  }
}

/** Says whether the service can work: whether its database answers. */
async function checkHealth(request, response) {
  await health.query('SELECT 1');
  response.end();
}

const routes = { '/export': exportOrders, '/healthz': checkHealth };

async function serve(request, response) {
  const answer = routes[request.url];
  if (!answer) return response.writeHead(404).end();
  try {
    await answer(request, response);
  } catch (error) {
    console.error(`${request.url}: ${error.message}`);
    if (response.headersSent) response.destroy(); // half a file must not look like a whole one
    else response.writeHead(503).end();
  }
}

// Nobody has to wait until a connection has been opened.
const opened = [];
while (opened.length < connections) opened.push(await orders.connect());
for (const client of opened) client.release();

const [host, port] = process.env.HIGHWATER_LISTEN.split(':');
http.createServer(serve).listen({ port, host: host || undefined });
