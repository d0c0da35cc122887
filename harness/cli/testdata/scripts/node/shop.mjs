// A shop's export: /streams waits for its clients, /gathers does not.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

async function exportRows(res, waits) {
  for (let i = 0; !res.destroyed; i++) {
    const line = JSON.stringify({ i, text: 'x'.repeat(900) }) + '\n'
    const goOn = res.write(line)
    if (waits && !goOn) {
      await Promise.race([once(res, 'drain'), once(res, 'close')])
    } else if (i % 50 === 0) {
      await pause(20)
    }
  }
}

createServer((req, res) => exportRows(res, req.url === '/streams')).listen(process.argv[2], '127.0.0.1')
