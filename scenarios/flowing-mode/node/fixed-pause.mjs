// The bridge carries the events of a broker to a collector, a JSON object an event.
import { once } from 'node:events';
import net from 'node:net';

async function dial(address) {
  const colon = address.lastIndexOf(':');
  const socket = net.connect(Number(address.slice(colon + 1)), address.slice(0, colon));
  await once(socket, 'connect');
  return socket;
}

// bridge sends on what the subscription hands out, until that ends.
async function bridge(subscription, collector) {
  let rest = '';

  function onData(chunk) {
    const events = (rest + chunk).split('\n');
    rest = events.pop(); // the beginning of an event whose end is still to come
    let room = true;
    for (const event of events) {
      const [id, ...fields] = event.split(',');
      room = collector.write(Buffer.from(JSON.stringify({ id, fields }) + '\n'));
    }
    if (!room) {
      subscription.pause();
      collector.once('drain', onDrain);
    }
  }

  function onDrain() {
    subscription.resume();
  }

  subscription.setEncoding('utf8');
  subscription.on('data', onData);
  await once(subscription, 'end');
  collector.end();
  await once(collector, 'finish');
}

async function main() {
  const subscription = await dial(process.env.HIGHWATER_SOURCE);
  const collector = await dial(process.env.HIGHWATER_SINK);
  await bridge(subscription, collector);
}

await main();
