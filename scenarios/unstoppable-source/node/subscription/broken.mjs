// The service sends the rows of a live feed to everyone who listens.
import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { pipeline, Readable } from 'node:stream'

const hub = new EventEmitter()
hub.setMaxListeners(0) // every client is one

// Events are the rows of the hub, for one client, in the form of server-sent events.
class Events extends Readable {
  queue = [] // what came while the client was busy
  wanted = false

  constructor() {
    super()
    hub.on('row', this.addRow)
  }

  addRow = (row) => {
    this.queue.push(`data: ${JSON.stringify({ row, at: Date.now() })}\n\n`)
    this.deliver()
  }

  deliver() {
    while (this.wanted && this.queue.length > 0) {
      this.wanted = this.push(this.queue.shift())
    }
  }

  _read() {
    this.wanted = true
    this.deliver()
  }
}

function logError(error) {
  if (error) {
    console.error(`send events: ${error.message}`)
  }
}

function listen(request, response) {
  response.setHeader('Content-Type', 'text/event-stream')
  pipeline(new Events(), response, logError)
}

function publish(row) {
  hub.emit('row', row)
}

async function run() {
  const [host, port] = process.env.HIGHWATER_SOURCE.split(':')
  const feed = connect({ host, port })
  await once(feed, 'connect')
  const rows = createInterface({ input: feed })
  rows.on('line', publish)
  await once(rows, 'close')
  throw new Error('feed ended')
}

const [host, port] = process.env.HIGHWATER_LISTEN.split(':')
createServer(listen).listen({ host: host || undefined, port })
await run()
