import { createHash, createHmac, randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';

/** A bucket in an S3-compatible store, reached by signed links alone. */
class Bucket {
  #name;
  #places; // how many more files may be written at once
  #waiting = [];

  constructor(name, writers) {
    this.#name = name;
    this.#places = writers;
  }

  /** Begins a file for all orders, as soon as there is a place for one more. */
  async create(orders) {
    // The store wants to know the size beforehand.
    const { rows } = await orders.query('SELECT sum(octet_length(line) + 1) AS size FROM orders');
    await this.#takePlace();
    const object = `${randomUUID()}.csv`;
    const upload = new PassThrough();
    const stored = put(sign('PUT', this.#name, object, 60), rows[0].size, upload).finally(() => this.#leavePlace());
    stored.catch((error) => upload.destroy(error));
    return { upload, stored, link: sign('GET', this.#name, object, 15 * 60) };
  }

  async #takePlace() {
    if (this.#places > 0) this.#places--;
    else await new Promise((resolve) => this.#waiting.push(resolve));
  }

  #leavePlace() {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#places++;
  }
}

/** Makes sure that the bucket is there. */
export async function openBucket(name, writers) {
  await put(sign('PUT', name, '', 60), 0);
  return new Bucket(name, writers);
}

async function put(link, size, body) {
  const answer = await fetch(link, { method: 'PUT', headers: { 'content-length': size }, body, duplex: 'half' });
  if (!answer.ok) throw new Error(`put ${new URL(link).pathname}: ${answer.status}`);
  await answer.body?.cancel();
}

/** Makes a link with a signature of version 4, valid for so many seconds. */
function sign(method, bucket, object, seconds) {
  const link = new URL(`/${bucket}${object && `/${object}`}`, process.env.S3_ENDPOINT);
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = [time.slice(0, 8), 'us-east-1', 's3', 'aws4_request'];
  link.search = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': [process.env.AWS_ACCESS_KEY_ID, ...scope].join('/'),
    'X-Amz-Date': time,
    'X-Amz-Expires': seconds,
    'X-Amz-SignedHeaders': 'host',
  });
  const query = link.search.slice(1);
  const request = `${method}\n${link.pathname}\n${query}\nhost:${link.host}\n\nhost\nUNSIGNED-PAYLOAD`;
  const text = ['AWS4-HMAC-SHA256', time, scope.join('/'), createHash('sha256').update(request).digest('hex')].join('\n');
  const key = scope.reduce(seal, `AWS4${process.env.AWS_SECRET_ACCESS_KEY}`);
  return `${link}&X-Amz-Signature=${seal(key, text).toString('hex')}`;
}

function seal(key, text) {
  return createHmac('sha256', key).update(text).digest();
}
