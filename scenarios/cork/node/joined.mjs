// The exporter copies rows from a feed to a collector.
import { once } from 'node:events'
import { connect } from 'node:net'

function dial(address) {
  const [host, port] = address.split(':')
  return connect({ host, port })
}

const feed = dial(process.env.HIGHWATER_SOURCE).setEncoding('utf8')
const collector = dial(process.env.HIGHWATER_SINK)
const batch = 100 // rows

// sendRows sends rows, a line each, as fast as the collector takes them.
async function sendRows(rows) {
  for (let from = 0; from < rows.length; from += batch) {
    const lines = rows.slice(from, from + batch).join('\n') + '\n'
    if (!collector.write(lines)) {
      await once(collector, 'drain')
    }
  }
}

async function copyRows() {
  let rest = '' // the beginning of a row whose end has not come yet
  for await (const text of feed) {
    const rows = (rest + text).split('\n')
    rest = rows.pop()
    await sendRows(rows)
  }
  if (rest !== '') {
    throw new Error('the feed ended in the middle of a row')
  }
}

async function sendTheRest() {
  collector.end()
  await once(collector, 'close')
}

await copyRows()
await sendTheRest()
