// It keeps a megabyte of strings, gathered by a function of its own, in a stream whose
// reader never comes, and another in Buffers; then it waits.
import { PassThrough, Transform } from 'node:stream'

const held = new PassThrough({ objectMode: true, highWaterMark: 4 })

function gather(rows) {
  const kept = []
  for (let i = 0; i < rows; i++) {
    const fields = [i, 'x'.repeat(1000) + i]
    const line = fields.join(',')
    kept.push(line)
    held.write({ line })
  }
  return kept
}

class Mute extends Transform {
  _transform(chunk, _, done) {
    this.kept = [...(this.kept ?? []), done]
  }
}

globalThis.kept = gather(4000)
globalThis.mute = new Mute()
for (let i = 0; i < 10; i++) globalThis.mute.write(Buffer.alloc(100_000))
setInterval(() => {}, 1000)
if (process.argv[2] === 'ends') process.exit(3)
