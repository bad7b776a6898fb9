// Package jetstream is the log between the seal and the sinks, kept in a NATS JetStream
// stream, which several processes share: each appends to it, and together they read it.
//
// The log is one stream, and a cursor is a durable pull consumer of it. Processes with a cursor of
// the same name share its consumer, and its records. A program that imports this package has the
// queue type jetstream in its sinks.yaml.
//
// # What it promises
//
//   - When Append returns nil, the servers have acknowledged the record: as many as keep the stream, less
//     a minority, have it. Whether it is on their disks is their setting: nats-server syncs every two minutes
//     unless its jetstream block says sync_interval: always. With three replicas on machines that do not
//     fail together the default loses nothing; a single server that loses power loses up to two minutes.
//   - Every such record comes to every cursor at least once, or is dropped for room. What a process has in
//     hand when it dies comes to another one after [Config].AckWait.
//   - A record that was stored while its acknowledgement was lost is not stored again: it is known by
//     the id of its message, and by coming back. Its Append may fail all the same, when the servers do not
//     answer in time; then it counts as recovered.
//   - No server is needed to start, nor waited for: [Log.Resume] returns at once, connects in the
//     background, and for ever. Append waits for servers that are away as long as [Config].Patience
//     once, such as while they elect a leader; then it fails with [queue.ErrUnavailable] until they are back.
//
// # How it works
//
// What is appended while a message is on its way is packed into the next one, up to 512 records or
// 512 KiB: one round trip and one sync pay for all of them. A place is the number of the message and the
// record's index in it.
//
// A message is acknowledged when all of its records have come to their end; until then the servers are told
// every third of AckWait that it is not forgotten. What a reader gives back with Rewind stays in
// this process. What is at hand, and nobody has begun to read, is given back when its reader has not shown
// itself for half of AckWait, as that of a sink which cannot be reached from here: another process may be
// able to reach it.
//
// The servers are asked for messages for three seconds at a time, with one subscription for all requests
// of a cursor. A request is never taken back, and what comes for one that has ended is used like any other:
// a message that the servers have given and nobody has received lies with nobody until AckWait is over.
//
// Close gives back everything, and for messages that are partly finished stores
// the rest anew, for that cursor alone: ending in order repeats nothing.
//
// The stream is bounded by its size. What every consumer has finished is removed from its front every few
// seconds, and before anything is refused for want of room. A record that is kept in hand for long keeps
// what came after it in the stream; with DropOldest it is removed with the others, and remains in the hand
// of its process alone. The retention policy of interest would do without this, but leaves it to each
// server whether a message is stored, and then one that was acknowledged may be lost with a server (as
// its source says where it raises the first sequence of a stream).
//
// # The books of one process
//
// What this process appended is unread until it fetches it. What it fetches and has not appended is
// recovered. What it appended, and another process has been given, is handed over; that takes from one to six
// seconds to show, during which it counts as unread. When the other process dies, and the record comes here
// after all, it is recovered. So for each process the counts balance at every instant, and over all of
// them every record that was accepted ends once, apart from repetitions.
//
// What is dropped for room is counted by the process that appended it, while it lives. If records are both
// dropped and handed over within the same second, how many are exact, which are not.
//
// # Withdrawal
//
// Each process publishes under a subject of its own. When all of its cursors discard what there is
// to fetch, as when tracking is turned off, the messages under that subject are purged from the
// stream: what this process had accepted reaches no sink of any process, but for what another one has in hand
// at that moment. What other processes have accepted is given back to them.
//
// # Rewriting
//
// [Log.Rewrite] and [Rewrite] take a person out of the stream. A message cannot be changed: what it is to be is
// stored for each consumer that has not finished it, and then it is deleted and overwritten. Processes that have
// it in hand are asked to let go of it, on a subject beside the stream's. One that has died may have finished some of
// it: that is delivered again. Order is not kept: what is stored anew comes last.
package jetstream
