// Package mixpanel sends events to Mixpanel through its import of events, POST /import.
//
// It is strict by default, so that Mixpanel names the events it refuses. The numbers the sink
// keeps to and their sources are in [VendorLimits].
//
// # What an event becomes
//
//   - The name is event_prefix and the event's name; one that starts with "$", as
//     Mixpanel's own do, gets "x_" before it.
//   - time is the event's time in milliseconds, not after it was accepted and not before 1971.
//   - $insert_id is the event's id, or a hash of one that Mixpanel would refuse. It is made of
//     the event alone, like the name, the time and the ids, so that Mixpanel recognises a repetition.
//   - $user_id is the user id and $device_id the anonymous id, as Simplified ID Merge wants
//     them; distinct_id is the user id, else "$device:" and the anonymous id, else empty.
//     Ids that stand for nobody, such as "anonymous", count as absent.
//   - ip is "0": Mixpanel is not to derive a place from the address of the server.
//   - context.app, os and device become $app_version_string, $os, $os_version, $device, $model and
//     $manufacturer; the session becomes session_id.
//   - Properties stand beside these in Mixpanel. Those that would overwrite the protocol, and
//     all that start with "$" or "mp_", get "x_" before their names. Texts are cut at 255
//     bytes, times written as Mixpanel knows them (seconds, UTC), integers beyond 2^53 become texts, null
//     is left out, and what is nested deeper than Mixpanel takes becomes its JSON text.
//   - A page or screen becomes an event of that name, its own name the property name. Identify,
//     group and alias are declined: profiles (/engage, /groups) are not written.
//
// # Delivery
//
// A 400 that lists failed records is a partial success: these are dead-lettered, the others
// are in and not sent again. They are told by their index, because the id's name differs between Mixpanel's pages. A 400
// without a list fails the batch, which the dispatcher splits. 413 is split; 429, 5xx and what
// has no answer are tried again; 401 and 403 stop the sink. A 2xx whose body has another code counts as that.
//
// # Beside the official libraries
//
// The requests were compared with those of mixpanel-go v1.2.1 and, for its events, of
// mixpanel 0.24.0 for Node.js, which sends them in a form field. On purpose, ours differ in these:
//
//	token                not among the properties: the request has it
//	ip                   always "0", and ip=0 in the query: mixpanel-go has Mixpanel locate the server
//	time                 in milliseconds, and always there; mixpanel for Node.js sends seconds
//	$insert_id           always there, so that a repetition is recognised
//	$user_id             beside distinct_id, as Simplified ID Merge wants it
//	mp_lib, $lib_version "headgate", and its version if the program was built with a released one
//	verbose              not in the query: the import answers no less without it
//
// # What was verified
//
// The tests hold every request against a server that enforces the documented rules, and inject
// failures. No Mixpanel project was at hand. Not known are: whether the ids that are
// forbidden are so in any case (taken so), whether depth counts from the properties (taken so), what
// becomes of lists of more than 8 KB (cut), whether ip may be a text (as in Mixpanel's samples), and how an empty list
// is answered, which Check sends.
package mixpanel
