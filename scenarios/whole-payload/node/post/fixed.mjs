// The uploader hands the rows of a feed to a collector, in one request.
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { pipeline } from 'node:stream/promises';

// upload sends all that the feed has to the collector.
async function upload(collector, feed) {
  const post = request(collector, { method: 'POST', headers: { 'Content-Type': 'text/csv' } });
  const answered = once(post, 'response');
  await pipeline(feed, post);
  const [answer] = await answered;
  answer.resume(); // frees the connection
  if (answer.statusCode >= 300) {
    throw new Error(`the collector answered ${answer.statusCode}`);
  }
}

function openFeed() {
  const [host, port] = process.env.HIGHWATER_SOURCE.split(':');
  return connect({ host, port });
}

async function main() {
  const feed = openFeed();
  try {
    await upload(`http://${process.env.HIGHWATER_SINK}/`, feed);
  } catch (error) {
    console.error('upload:', error.message);
    process.exitCode = 1;
  } finally {
    feed.destroy();
  }
}

await main();
