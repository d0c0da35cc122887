// What lies in the streams of this list, those that are alike together. It looks at own
// properties first: a getter of a prototype could make state that the program never had.
function () {
  const deep = 2 // levels of an object whose fields count
  const looked = 1000 // objects of one stream that are looked at; the others are taken for alike

  function size(value, level) {
    if (typeof value === 'string') return value.length
    if (ArrayBuffer.isView(value)) return value.byteLength
    if (value === null || typeof value !== 'object') return 8
    if (level === 0) return 0
    let sum = 0
    for (const field of Object.values(value)) sum += size(field, level - 1)
    return sum
  }

  // Chunks of a readable side are an array from some index on, or a linked list before
  // Node 22; those of a writable side stand in entries, beside the callback of each.
  function chunks(state, writable) {
    if (writable) return (state.getBuffer?.() ?? []).map((entry) => entry.chunk)
    const all = [...(state.buffer ?? [])]
    return state.bufferIndex > 0 ? all.slice(state.bufferIndex) : all
  }

  function side(state, writable) {
    const objects = !!state.objectMode
    const buffered = state.length ?? 0
    let bytes = buffered
    if (objects) {
      const some = chunks(state, writable).slice(0, looked)
      const sum = some.reduce((all, one) => all + size(one, deep), 0)
      bytes = some.length > 0 ? Math.round(sum / some.length * buffered) : 0
    }
    return { objects, mark: state.highWaterMark ?? 0, buffered, bytes }
  }

  // Answers and requests of HTTP are streams without the usual state: what they hold
  // themselves is what no socket has taken yet.
  function outgoing(stream) {
    const held = stream.outputSize ?? 0
    return { objects: false, mark: stream.socket?.writableHighWaterMark ?? 0, buffered: held, bytes: held }
  }

  function add(group, name, one) {
    if (!one) return
    const sum = group[name] ??= { objects: one.objects, high_water_mark: one.mark, buffered: 0, most: 0, buffered_bytes: 0, most_bytes: 0 }
    sum.buffered += one.buffered
    sum.buffered_bytes += one.bytes
    sum.most = Math.max(sum.most, one.buffered)
    sum.most_bytes = Math.max(sum.most_bytes, one.bytes)
  }

  const groups = new Map()
  for (const stream of this) {
    try {
      const own = (name) => Object.hasOwn(stream, name)
      const readable = own('_readableState') ? side(stream._readableState, false) : null
      const writable = own('_writableState') ? side(stream._writableState, true) : own('outputData') ? outgoing(stream) : null
      if (!readable && !writable) continue
      const held = (readable?.buffered ?? 0) + (writable?.buffered ?? 0)
      if (stream.destroyed && held === 0) continue
      const name = stream.constructor?.name || '(anonymous)'
      const key = [name, readable?.mark, readable?.objects, writable?.mark, writable?.objects].join()
      if (!groups.has(key)) groups.set(key, { class: name, count: 0, need_drain: 0 })
      const group = groups.get(key)
      group.count++
      if (stream.writableNeedDrain) group.need_drain++
      const written = stream._bytesDispatched // of sockets alone
      if (typeof written === 'number') {
        group.written_bytes = (group.written_bytes ?? 0) + written
        group.most_written_bytes = Math.max(group.most_written_bytes ?? 0, written)
      }
      add(group, 'readable', readable)
      add(group, 'writable', writable)
    } catch {
      // A class of the program's own may throw when it is looked at: it is left out.
    }
  }
  const bytes = (group) => (group.readable?.buffered_bytes ?? 0) + (group.writable?.buffered_bytes ?? 0)
  return [...groups.values()].sort((a, b) => bytes(b) - bytes(a) || b.count - a.count).slice(0, 30)
}
