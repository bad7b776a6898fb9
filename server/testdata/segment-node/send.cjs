// Sends a message of each kind with @segment/analytics-node, compressed, one of them a
// second time under another name, and then that one and another by a client as it comes.
// Prints the statuses that were answered, as a JSON array.
'use strict'
const { Analytics } = require('@segment/analytics-node')
const { gzipSync } = require('node:zlib')

const { HEADGATE_URL: host, HEADGATE_WRITE_KEY: writeKey } = process.env
const statuses = []

function client(more) {
  const analytics = new Analytics({ host, writeKey, maxRetries: 0, ...more })
  analytics.on('http_response', (answer) => statuses.push(answer.status))
  analytics.on('error', (error) => {
    console.error(error)
    process.exitCode = 1
  })
  return analytics
}

const compressing = (url, init) =>
  fetch(url, { ...init, body: gzipSync(init.body), headers: { ...init.headers, 'Content-Encoding': 'gzip' } })

async function main() {
  const person = { userId: 'user-42', anonymousId: 'anon-7' }
  const packed = client({ httpClient: compressing })
  packed.track({
    ...person, messageId: 'm-track', event: 'run', timestamp: new Date('2026-08-01T10:00:00.123Z'),
    properties: { plan: 'pro', n: 3 }, context: { locale: 'de', sessionId: 's-1' },
  })
  packed.identify({ ...person, messageId: 'm-identify', traits: { plan: 'pro' } })
  packed.page({ ...person, messageId: 'm-page', name: 'Prices', category: 'Docs', properties: { path: '/prices' } })
  packed.screen({ ...person, messageId: 'm-screen', name: 'main' })
  packed.group({ ...person, messageId: 'm-group', groupId: 'g1', traits: { seats: 5 } })
  packed.alias({ userId: 'user-42', previousId: 'anon-7', messageId: 'm-alias' })
  packed.track({ ...person, messageId: 'm-track', event: 'again' })
  await packed.closeAndFlush({ timeout: 10000 })

  const plain = client({})
  plain.track({ ...person, messageId: 'm-track', event: 'once more' })
  plain.track({ ...person, messageId: 'm-plain', event: 'plain' })
  await plain.closeAndFlush({ timeout: 10000 })
  console.log(JSON.stringify(statuses))
}

main()
