// Package amplitude sends events to Amplitude, through the Batch Event Upload API or the
// HTTP V2 API.
//
// # How an event is mapped
//
//	track          event_type = event_prefix + name
//	page, screen   event_type = event_prefix + "page" or "screen", its name as event property "name"
//	identify       the command $identify; the traits go under user_properties.$set
//	group, alias   declined: Amplitude needs a group type, which the event does not have, and
//	               joins ids by itself from events that carry both
//
//	id             insert_id, by which Amplitude drops repetitions for 7 days
//	time           time, in milliseconds; not after the event was accepted, nor before September 2001
//	user_id        user_id
//	anonymous_id   device_id
//	session_id     session_id if it is the start of the session in milliseconds, which is what
//	               Amplitude takes; else the event property "session_id"
//	properties     event_properties, nested as they are
//	context        app.version, os.name, os.version, device.model, device.manufacturer,
//	               platform (or device.type), locale and userAgent; nothing else of it is sent
//
// An event name that Amplitude reserves gets the prefix "x_". A null property is left out, a
// whole number beyond 2^53 becomes a string, a string is cut to 1024 characters, a key that is
// longer to as many with a hash at its end. [Sink.Stats] counts what was changed so.
//
// An id that stands for nobody ("anonymous", "null", "0", …, or one that was redacted) is never
// sent as an id, because Amplitude would refuse the event or take all such people for one:
// such an event has the installation's id, as one without any has. Should there be none,
// device_id is made of the session, or of the event itself: never one for all, which
// Amplitude would throttle. Ids shorter than 5 characters are announced with
// options.min_id_length, or else Amplitude would drop them; with min_id_length set, ids that
// are shorter count as absent.
//
// # What answers mean
//
//	400 that names events   those are dead-lettered, the others sent again a moment later;
//	                        each round takes at least one away, so it ends
//	400 that names none     something in the batch is bad: it is split to find it
//	400 for the API key, 401, 403
//	                        the sink fails after this one attempt and keeps its events
//	413                     the batch is sent in halves
//	429 that names devices or users
//	                        the sink pauses for 30 s; events over the daily quota are dead-lettered
//	429 that names none     Retry-After, else backoff
//	5xx, no answer          backoff; the insert_id stays the same
//
// Only an answer's own error text is shown, without the API key, which Amplitude repeats in it;
// the ids in its lists are not.
//
// # Differences to Amplitude's SDKs
//
// The bodies were compared with those of analytics-go v1.2.0 and @amplitude/analytics-node
// 1.5.73. On purpose, ours differ in these members:
//
//	ip                   never sent, so that Amplitude looks no place up
//	session_id           left out rather than -1 where there is none, which means the same
//	event_id             not sent: a counter in the process, of no use across restarts
//	client_upload_time   not sent: it corrects the clocks of devices, and would make the same
//	                     batch differ from attempt to attempt
//	library              "headgate"
//
// # What was verified
//
// Everything above holds against a server in the tests that keeps the rules of Amplitude's
// documentation and plays its faults. No real Amplitude account was at hand, so not verified
// are: limits on the age of an event, what Amplitude makes of unknown members, the case
// of forbidden ids, whether it looks up the address of the request when ip is absent, and
// whether a 400 stores the events it does not name (harmless here: insert_id drops repetitions).
package amplitude
