(() => {
  const targets = {}
  if (process._exiting) return targets
  const fs = process.getBuiltinModule('node:fs')
  for (const name of fs.readdirSync('/proc/self/fd')) {
    try {
      const target = fs.readlinkSync('/proc/self/fd/' + name).replace(/[0-9]+/g, 'N')
      targets[target] = (targets[target] ?? 0) + 1
    } catch {
      // It was closed meanwhile.
    }
  }
  return targets
})()
