// The bridge carries the events of a broker to a collector, a JSON object an event.
import { once } from 'node:events';
import net from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

async function dial(address) {
  const colon = address.lastIndexOf(':');
  const socket = net.connect(Number(address.slice(colon + 1)), address.slice(0, colon));
  await once(socket, 'connect');
  return socket;
}

// bridge sends on what the subscription hands out, until that ends.
async function bridge(subscription, collector) {
  let rest = '';

  function transform(chunk, encoding, done) {
    const events = (rest + chunk).split('\n');
    rest = events.pop(); // the beginning of an event whose end is still to come
    for (const event of events) {
      const [id, ...fields] = event.split(',');
      this.push(Buffer.from(JSON.stringify({ id, fields }) + '\n'));
    }
    done();
  }

  subscription.setEncoding('utf8');
  await pipeline(subscription, new Transform({ transform, decodeStrings: false }), collector);
}

async function main() {
  const subscription = await dial(process.env.HIGHWATER_SOURCE);
  const collector = await dial(process.env.HIGHWATER_SINK);
  await bridge(subscription, collector);
}

await main();
