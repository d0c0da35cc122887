// The archiver reads a table page by page and writes it to a store.
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const pageRows = 100;

// Table streams the rows of the database, a page at a time.
class Table extends Readable {
  constructor(database) {
    super({ objectMode: true, highWaterMark: 1 }); // a page
    this.chunks = database.setEncoding('utf8')[Symbol.asyncIterator]();
    this.rows = [];
    this.rest = '';
  }

  // fetch gets another page of rows, an empty one behind the last.
  async fetch() {
    while (this.rows.length < pageRows) {
      const { value, done } = await this.chunks.next();
      if (done) {
        break;
      }
      const rows = (this.rest + value).split('\n');
      this.rest = rows.pop();
      this.rows.push(...rows);
    }
    return this.rows.splice(0, pageRows);
  }

  async _read() {
    if (this.fetching) {
      return;
    }
    this.fetching = true;
    for (let page = await this.fetch(); page.length > 0; page = await this.fetch()) {
      this.push(`${page.join('\n')}\n`);
    }
    this.push(null);
  }
}

function dial(variable) {
  const [host, port] = process.env[variable].split(':');
  return connect({ host, port });
}

async function main() {
  try {
    await pipeline(new Table(dial('HIGHWATER_SOURCE')), dial('HIGHWATER_SINK'));
  } catch (error) {
    console.error('archive:', error.message);
    process.exitCode = 1;
  }
}

await main();
