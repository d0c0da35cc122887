// The enricher adds a column to the rows of a feed, on their way to a collector.
import { connect } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';

const regions = new Map();

// regionOf asks the directory once for each shard.
async function regionOf(row) {
  const shard = row.slice(0, row.indexOf('-'));
  if (!regions.has(shard)) {
    regions.set(shard, await setTimeout(5, 'eu-west-1'));
  }
  return regions.get(shard);
}

class Enricher extends Transform {
  rest = '';

  // enrich works on some rows, and hands them on.
  async enrich(rows) {
    const region = rows.length > 0 && (await regionOf(rows[0]));
    for (const row of rows) {
      this.push(`${row},${region}\n`);
    }
  }

  _transform(chunk, encoding, callback) {
    const rows = (this.rest + chunk).split('\n');
    this.rest = rows.pop();
    this.enrich(rows).then(() => callback(), callback);
  }
}

function dial(variable) {
  const [host, port] = process.env[variable].split(':');
  return connect({ host, port });
}

async function main() {
  try {
    await pipeline(dial('HIGHWATER_SOURCE'), new Enricher(), dial('HIGHWATER_SINK'));
  } catch (error) {
    console.error('enrich:', error.message);
    process.exitCode = 1;
  }
}

await main();
