// Package segment sends events to Segment, through POST /v1/batch, and offers a client that
// stands in for that of analytics-go.
//
// # The sink
//
// Messages are made of the types of [github.com/segmentio/analytics-go/v3]; how and when they
// are sent is the dispatcher's business, because that library repeats a refused batch ten times
// whatever the answer, follows redirects without the body and calls it success, and forgets
// what is left when it is closed.
//
//	track                Track, event = event_prefix + name
//	identify             Identify, the properties as traits
//	page, screen         Page, Screen; the name unless it is only "page" or "screen"
//	group                Group, groupId = property "groupId", the others as traits
//	alias                Alias, previousId = property "previousId"; there is no place for others
//
//	id                   messageId, by which Segment drops repetitions for a day or more; one of
//	                     100 characters or more is replaced by its SHA-256
//	time                 timestamp, to the millisecond, not after the event was accepted
//	user_id              userId
//	anonymous_id         anonymousId
//	context              context, except ip and direct, with which Segment would keep an address;
//	                     context.integrations becomes the message's integrations
//	session_id           context.sessionId
//
// sentAt is the time of each attempt: Segment moves timestamps by its distance to the arrival.
// An id that stands for nobody ("anonymous", "null", "0", …, or one that was redacted) is not
// sent as an id: such an event has the installation's, as one without any has. Should there be
// none, anonymousId is made of the session, or of the event. Whole numbers beyond 2^53 become strings.
//
// Message ids are compared across all customers of Segment. Events that are given an ID should
// be given one that nobody else uses; those that headgate makes are UUIDs.
//
// context.consent.categoryPreferences is always there. Segment sends a message without it to
// every destination, so that where nothing is known it is {}, which counts as a refusal of every
// category. What an event says in context.consent is put into this form.
//
// A message of more than 32 kB is dead-lettered for this sink alone. Of other answers than 200:
// 400 says that something in the batch is bad, and it is split to find it; 401 and 403 fail the
// sink after one attempt; 413 halves the batch; 429 waits for Retry-After or X-RateLimit-Reset;
// 408, 410, 425, 460 and 5xx are tried again, except 501, 505 and 511, which are refusals like any other.
//
// # The client
//
// [NewClient] returns an analytics.Client over a dispatcher: a program that uses analytics-go
// changes the line that makes its client, and its events reach every sink there is.
//
// # Differences to Segment's libraries
//
// The bodies were compared with those of analytics-go v3.3.0 and @segment/analytics-node 3.1.0.
// On purpose, ours differ in these members:
//
//	messageId of the batch     not sent: analytics-go makes one per batch, analytics-node none
//	writeKey                   only in the header, as analytics-go has it
//	timestamp                  milliseconds, as analytics-node has it
//	integrations, _metadata    only what the event brings along; analytics-node always adds them
//	context.consent            always there, see above
//	context.ip                 never
//	context.library            "headgate", for the batch; that of a message is kept
//	sentAt                     of the attempt, where analytics-go repeats the first
//	Accept-Encoding, gzip      not used
//
// # What was verified
//
// All this holds against a server in the tests that keeps the rules of Segment's documentation
// and plays its faults. Segment answers 200 to almost anything, a wrong write key included, so
// that "delivered" means that it was taken. No real workspace was at hand, so not verified are:
// the body of a 400, 401 for a bad key, compressed bodies, and the time for which ids are kept.
package segment
