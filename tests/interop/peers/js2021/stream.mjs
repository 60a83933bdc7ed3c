// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * What echo-perf.mjs wants of a stream: the 2021 ones are a source to pull
 * from and a sink that pulls, so writes wait until the sink comes for them.
 */
export function adapt (stream) {
  const queue = []
  let wake = () => {}
  let failed = null
  async function * outgoing () {
    for (;;) {
      if (queue.length === 0) {
        await new Promise(resolve => { wake = resolve })
        continue
      }
      const { bytes, taken } = queue.shift()
      taken()
      if (bytes === null) return
      yield bytes
    }
  }
  const sinking = stream.sink(outgoing()).catch(err => {
    failed = err
    for (const { taken } of queue.splice(0)) taken()
  })
  function put (bytes) {
    if (failed) throw failed
    return new Promise(resolve => {
      queue.push({ bytes, taken: resolve })
      wake()
    })
  }
  return {
    write: put,
    async end () {
      await put(null)
      await sinking
    },
    async * [Symbol.asyncIterator] () {
      for await (const list of stream.source) yield list.slice()
    }
  }
}
