import { createServer } from 'node:http'
function exportRows(res) { res.write('one line\n'); setTimeout(() => { null.rows }, 300) }
createServer((req, res) => exportRows(res)).listen(process.env.HIGHWATER_LISTEN.split(':').pop())
