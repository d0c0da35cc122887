// The replicator copies shards to a mirror and adds columns to their rows, a stage for each.
import { connect } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';

const shards = 16;

class Enrich extends Transform {
  constructor(column, lookUp) {
    super({ objectMode: true });
    this.column = column;
    this.lookUp = lookUp;
  }

  _transform(row, encoding, callback) {
    try {
      callback(null, { ...row, [this.column]: this.lookUp(row) });
    } catch (error) {
      callback(error);
    }
  }
}

function region() {
  return 'eu-west-1';
}

function copiedAt() {
  return Date.now();
}

function size(row) {
  return row.payload.length;
}

function tier(row) {
  return row.size > 16384 ? 'cold' : 'warm';
}

async function* parseRows(source) {
  const decoder = new StringDecoder('utf8');
  let row = '';
  for await (const chunk of source) {
    let start = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', start)) {
      const [id, payload] = (row + decoder.write(chunk.subarray(start, end))).split(',');
      yield { id, payload };
      row = '';
      start = end + 1;
    }
    row += decoder.write(chunk.subarray(start));
  }
}

async function* formatRows(rows) {
  for await (const row of rows) {
    yield `${Object.values(row).join(',')}\n`;
  }
}

function dial(variable) {
  const [host, port] = process.env[variable].split(':');
  return connect({ host, port });
}

function copyShard() {
  const columns = { region, copiedAt, size, tier };
  const stages = Object.entries(columns).map(([column, lookUp]) => new Enrich(column, lookUp));
  return pipeline(dial('HIGHWATER_SOURCE'), parseRows, ...stages, formatRows, dial('HIGHWATER_SINK'));
}

await Promise.all(Array.from({ length: shards }, copyShard));
