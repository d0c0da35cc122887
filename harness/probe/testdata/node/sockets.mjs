// Two sockets have sent, one of them most; those at their other ends have not.
import net from 'node:net'

const server = net.createServer((socket) => socket.resume())
server.listen(0, '127.0.0.1', () => {
  globalThis.clients = [200_000, 1_000].map((bytes) => {
    const client = net.connect(server.address().port, '127.0.0.1')
    client.write(Buffer.alloc(bytes))
    return client
  })
})
