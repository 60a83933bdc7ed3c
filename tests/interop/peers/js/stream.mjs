// SPDX-License-Identifier: MIT OR Apache-2.0

/**
 * What echo-perf.mjs wants of a stream.
 *
 * The listeners are attached here and now. The library's own async iterator
 * attaches them at the first next(), and then waits for ever if the remote's
 * end of writing has come in between (seen with @libp2p/utils 7.4.1).
 */
export function adapt (stream) {
  const queue = []
  let ended = stream.readableEnded
  let failed = null
  let wake = () => {}
  stream.addEventListener('message', ({ data }) => {
    queue.push(data.subarray())
    wake()
  })
  stream.addEventListener('end', () => {
    ended = true
    wake()
  })
  stream.addEventListener('close', ({ error }) => {
    ended = true
    failed = error
    wake()
  })
  return {
    async write (bytes) {
      if (!stream.send(bytes)) await stream.onDrain()
    },
    end: () => stream.close(),
    async * [Symbol.asyncIterator] () {
      for (;;) {
        if (queue.length > 0) {
          yield queue.shift()
        } else if (ended) {
          if (failed) throw failed
          return
        } else {
          await new Promise(resolve => { wake = resolve })
        }
      }
    }
  }
}
