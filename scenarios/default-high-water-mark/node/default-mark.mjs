// The gateway sends a thousand responses over one connection to the edge, a line of JSON
// for each row, and counts what it sends.
import { connect } from 'node:net'
import { setDefaultHighWaterMark, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const responses = 1000
const buffers = {} // as the runtime has them

// Meter counts the bytes of a response, for the invoice.
class Meter extends Transform {
  bytes = 0

  _transform(chunk, encoding, done) {
    this.bytes += chunk.length
    done(null, chunk)
  }
}

// Response sends when there is room in the connection that all of them share.
class Response extends Writable {
  constructor(edge) {
    super(buffers)
    this.edge = edge
  }

  _write(chunk, encoding, done) {
    if (this.edge.write(chunk)) {
      done()
    } else {
      this.edge.once('drain', done)
    }
  }
}

// logMark says when a stream asks to wait, for those who read the memory chart.
function logMark() {
  const busy = new Writable({ ...buffers, write() {} }) // never done with its first chunk
  let bytes = 1024
  while (busy.write(Buffer.alloc(1024))) {
    bytes += 1024
  }
  console.log(`node ${process.version}: high-water mark ${busy.writableHighWaterMark} bytes, first false after ${bytes} bytes`)
}

function dial(address) {
  const [host, port] = address.split(':')
  return connect({ host, port, ...buffers })
}

async function* linesOf(feed) {
  let rest = '' // the beginning of a row whose end has not come yet
  for await (const text of feed) {
    const rows = (rest + text).split('\n')
    rest = rows.pop()
    for (const row of rows) {
      yield JSON.stringify({ row }) + '\n'
    }
  }
}

async function send(edge) {
  const feed = dial(process.env.HIGHWATER_SOURCE).setEncoding('utf8')
  const meter = new Meter(buffers)
  await pipeline(linesOf(feed), meter, new Response(edge))
}

setDefaultHighWaterMark(false, 16 * 1024) // bytes
logMark()
const edge = dial(process.env.HIGHWATER_SINK)
edge.setMaxListeners(responses) // each may wait for room
await Promise.all(Array.from({ length: responses }, () => send(edge)))
edge.end()
