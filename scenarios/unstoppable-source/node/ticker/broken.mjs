// The service sends the latest rows of a live feed, ten times a second.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { pipeline, Readable } from 'node:stream'

const beat = 100 // milliseconds
const latest = [] // rows, the newest last
const shown = 64 // rows

// Boards are what one client sees, a board for each beat.
class Boards extends Readable {
  queue = [] // what came while the client was busy
  wanted = false
  ticker = setInterval(() => this.tick(), beat)

  tick() {
    const board = JSON.stringify({ at: Date.now(), latest })
    this.queue.push(`data: ${board}\n\n`)
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
    console.error(`send boards: ${error.message}`)
  }
}

function watch(request, response) {
  response.setHeader('Content-Type', 'text/event-stream')
  pipeline(new Boards(), response, logError)
}

function keep(row) {
  latest.push(row)
  if (latest.length > shown) {
    latest.shift()
  }
}

async function run() {
  const [host, port] = process.env.HIGHWATER_SOURCE.split(':')
  const feed = connect({ host, port })
  await once(feed, 'connect')
  const rows = createInterface({ input: feed })
  rows.on('line', keep)
  await once(rows, 'close')
  throw new Error('feed ended')
}

const [host, port] = process.env.HIGHWATER_LISTEN.split(':')
createServer(watch).listen({ host: host || undefined, port })
await run()
