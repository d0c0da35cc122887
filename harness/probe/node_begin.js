(() => {
  const others = (list) => list?.filter((one) => !one.startsWith('--inspect-wait'))
  let told = others(process.execArgv)
  // A program that waits has not been told its arguments yet: they are set when it begins.
  Object.defineProperty(process, 'execArgv', {
    configurable: true, enumerable: true, get: () => told, set: (list) => { told = others(list) },
  })
  return process.version
})()
