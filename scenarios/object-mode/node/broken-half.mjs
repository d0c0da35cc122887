// The replicator copies shards to a mirror, each over connections of its own.
import { connect } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';

const shards = 16;
const rowsAhead = 8; // on either side of a stage

class ParseRows extends Transform {
  decoder = new StringDecoder('utf8');
  row = '';

  constructor() {
    super({ objectMode: true, highWaterMark: rowsAhead });
  }

  *rowsOf(chunk) {
    let start = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', start)) {
      const [id, payload] = (this.row + this.decoder.write(chunk.subarray(start, end))).split(',');
      yield { id, payload };
      this.row = '';
      start = end + 1;
    }
    this.row += this.decoder.write(chunk.subarray(start));
  }

  _transform(chunk, encoding, callback) {
    for (const row of this.rowsOf(chunk)) {
      this.push(row);
    }
    callback();
  }
}

class AddRegion extends Transform {
  constructor() {
    super({ objectMode: true, highWaterMark: rowsAhead });
  }

  _transform(row, encoding, callback) {
    callback(null, { ...row, region: 'eu-west-1' });
  }
}

class AddTime extends Transform {
  constructor() {
    super({ objectMode: true, highWaterMark: rowsAhead });
  }

  _transform(row, encoding, callback) {
    callback(null, { ...row, copied: Date.now() });
  }
}

class FormatRows extends Transform {
  constructor() {
    super({ objectMode: true, highWaterMark: rowsAhead });
  }

  _transform(row, encoding, callback) {
    callback(null, `${Object.values(row).join(',')}\n`);
  }
}

function dial(variable) {
  const [host, port] = process.env[variable].split(':');
  return connect({ host, port });
}

function copyShard() {
  const [source, mirror] = [dial('HIGHWATER_SOURCE'), dial('HIGHWATER_SINK')];
  return pipeline(source, new ParseRows(), new AddRegion(), new AddTime(), new FormatRows(), mirror);
}

await Promise.all(Array.from({ length: shards }, copyShard));
