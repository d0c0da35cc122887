import { createServer } from 'node:http'
createServer((req, res) => { res.write('one line\n'); setTimeout(() => process.exit(0), 300) }).listen(process.env.HIGHWATER_LISTEN.split(':').pop())
