// The service serves the rows of a feed, each as a line of JSON.
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { pipeline, Transform } from 'node:stream'

const longest = 1000 // bytes of a row that the clients accept

// RowsToJSON makes a line of JSON of each row.
class RowsToJSON extends Transform {
  rest = '' // the beginning of a row whose end has not come yet

  constructor() {
    super({ decodeStrings: false })
  }

  _transform(text, encoding, done) {
    const rows = (this.rest + text).split('\n')
    this.rest = rows.pop()
    for (const row of rows) {
      if (row.length > longest) {
        done(new Error(`row of ${row.length} bytes is too long`))
        return
      }
      this.push(JSON.stringify({ row }) + '\n')
    }
    done()
  }
}

function openFeed() {
  const [host, port] = process.env.HIGHWATER_SOURCE.split(':')
  return connect({ host, port }).setEncoding('utf8')
}

function serveExport(request, response) {
  const feed = openFeed()
  const lines = new RowsToJSON()

  function finish(error) {
    if (error) {
      console.error(`export: ${error.message}`)
    }
  }

  response.setHeader('Content-Type', 'application/x-ndjson')
  pipeline(feed, lines, response, finish)
}

const [host, port] = process.env.HIGHWATER_LISTEN.split(':')
createServer(serveExport).listen({ host: host || undefined, port })
