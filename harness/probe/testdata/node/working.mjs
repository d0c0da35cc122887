// It has a worker make a string, ten times, then a forked process, and ends.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

const self = new URL(import.meta.url)

if (process.send) {
  process.send('x'.repeat(1_000_000), () => process.disconnect())
} else if (!isMainThread) {
  parentPort.postMessage('x'.repeat(1_000_000))
} else {
  for (let i = 0; i < 10; i++) {
    const [text] = await once(new Worker(self), 'message')
    if (text.length !== 1_000_000) process.exit(4)
  }
  const [text] = await once(fork(self), 'message')
  if (text.length !== 1_000_000) process.exit(5)
}
