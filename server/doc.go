// Package server takes events over HTTP and hands them to a gate, usually a
// [core.Dispatcher].
//
// [Server] is the front door, for other programs to reach: POST /v1/events takes JSON, an
// array of it, or a line of it per event; POST /v1/batch and its likes take what the
// libraries of Segment send, see package segment; GET /langflow/… takes what a Langflow
// backend sends; POST /v1/beacon takes what pages send with the script at /headgate.js.
// [Admin] is the operator's side of the same process: whether it lives, whether it is ready,
// the books, and a page that shows them beside the events as they leave.
//
// # What an answer means
//
// 200 acknowledges every event of the body but those listed in "rejected": it is in the
// queue, on stable storage if the queue promises that, or it was denied for good. An
// event in "rejected" was not taken. 429 and 503 ask for the whole body again, after
// the time in Retry-After; they are given only when that cannot deliver an event twice:
// nothing of the body was taken yet, or all that was has an id of its own, by which the
// repetition is recognised. When it could, what the queue had no room for is listed in
// "rejected" of a 200 instead.
//
// Segment's answers cannot list what was not taken. To Segment's libraries 200 and
// {"success":true} say that nothing is to be sent again: a message that lacks what its
// kind is about is only counted, and logged now and then. 429 and 503 are given
// whenever a message was not taken for now, for libraries give each an id of its own.
// A sender that does not may have some delivered twice.
//
// A Langflow backend sends each event once, whatever the answer. The chunks that it cuts
// long inputs into are acknowledged one by one, and held in memory until they are
// whole, for half a minute at most.
//
// # What it does not trust
//
// Everything. A body is bounded as it is received, as it is decompressed, and by the
// shape of its JSON before that is decoded; the bodies being read at once are bounded
// together, and apart from others those that have to be read to know who sends them;
// connections are bounded in number, and each of their phases in time.
// Answers repeat nothing of a request, nor do logs. What is refused is counted.
package server
