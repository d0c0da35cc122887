(() => {
  if (process._exiting) return {}
  const memory = process.memoryUsage()
  let waiting = 0, written = 0, listeners = 0
  const handles = process._getActiveHandles?.() ?? []
  for (const handle of handles) {
    if (typeof handle._bytesDispatched === 'number') {
      waiting += handle.writableLength
      written += handle._bytesDispatched
    }
    for (const name of handle.eventNames?.() ?? []) listeners += handle.listenerCount(name)
  }
  return {
    heap_objects_bytes: memory.heapUsed, heap_unused_bytes: memory.heapTotal - memory.heapUsed,
    external_bytes: memory.external, array_buffers_bytes: memory.arrayBuffers,
    active_handles: handles.length, event_listeners: listeners,
    socket_waiting_bytes: waiting, socket_written_bytes: written,
  }
})()
