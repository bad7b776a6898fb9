// Package segment reads what the libraries of Segment send to its HTTP tracking API, so
// that a program reports to headgate by another host name alone:
//
//	POST /v1/batch
//	{"batch":[{"type":"track","event":"run","userId":"u1","messageId":"…","timestamp":"…","properties":{…}}],"sentAt":"…"}
//
// /v1/import takes the same. /v1/track, identify, page, screen, group and alias take one
// message, without "batch". The libraries for browsers and phones use the first letters:
// /v1/b, and /v1/t, i, p, s, g and a.
//
// # What becomes of a message
//
//	messageId                 the id, by which repetitions are recognised
//	type, or the endpoint     the kind
//	event; name               the name of a track event; of a page or screen, whose name is its kind if it has none
//	userId, anonymousId       the user and the anonymous id; a number counts as its digits
//	timestamp, sentAt         the time, see below
//	properties; traits        the properties of track, page and screen; of identify and group
//	name, category            properties "name" and "category" of page and screen, if they have none of their own
//	groupId; previousId       property "groupId" of group; "previousId" of alias
//	context                   the context, over that of the batch, member by member
//	integrations              context.integrations, over those of the batch, for a sink that passes them on
//	context.sessionId         the session id; else context.session_id, or the session_id of
//	                          integrations."Actions Amplitude" or integrations.Amplitude
//	context.consent           what the person has said, see package consent
//
// Everything else is ignored. Which sinks get an event is for the configuration and the person
// concerned to say, not for "integrations": these are Segment's destinations.
//
// Messages that lack what their kind is about are refused, each by itself. Track, page and
// screen need no id of a person.
//
// # Whose clock
//
// As Segment does, a sender's wrong clock is told by sentAt, and the time of an event is
// that of receipt less what passed between the event and sending. A clock that differs
// by less than a minute is right: what differs is the way here, and the repetitions of
// libraries that do not renew sentAt. So the time that a right clock gave stays as it is.
// A time that cannot be read, or is missing, is that of receipt. Read are the forms of ISO 8601
// that libraries write, and Unix time in milliseconds or seconds.
package segment
