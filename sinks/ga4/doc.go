// Package ga4 sends events to Google Analytics 4 through the Measurement Protocol.
//
// GA4 answers 204 to every request, whether it keeps the events or not, so this sink
// makes each request one that Google's rules leave nothing to drop from. The numbers
// and their sources are in [VendorLimits].
//
// # What an event becomes
//
//   - Events of one person, consent and device share a request, because GA4 reads these
//     once per request: at most 25 events and less than 130,000 bytes.
//   - The name is event_prefix and the event's name, both it and the names of parameters
//     made valid: each run of other characters than ASCII letters, digits and underscores
//     becomes one underscore, names that are reserved or do not start with a letter get
//     "x_" before them, and names that are too long end in a hash of the whole.
//     Two properties that would get one name keep apart, by a hash in the later one.
//   - Properties become params. Nested objects are flattened ("a_b"), arrays joined by
//     commas; booleans become "true" and "false", integers beyond 2^53 strings, null is
//     left out. Strings are cut at 100 characters, or at 1000 under the name page_location, 420
//     under page_referrer and 300 under page_title. Of more than 25 parameters, those of the
//     protocol stay, then those named in prefer_params, then the first of the alphabet.
//   - What GA4 knows by name has the form it wants, and it is the name that is sent which counts:
//     "items" is an array of items, at most 200; value, tax, shipping, price, discount,
//     quantity, index, level and score are numbers, also when they come as text; currency is
//     three capitals. What cannot be one (a price of "free", a number of items) gets "x_" before its name; only
//     level, index and score may be texts. A value without a currency is sent as it is,
//     though Google's reports of revenue want both. debug_mode is 1 or absent, since GA4
//     goes by whether it is there. An empty transaction_id is left out: all purchases with it would be one.
//   - client_id is the anonymous id if it has GA4's form, else a keyed hash of it that
//     has; without an anonymous id, of the user id, the session, or the application's name, in this order.
//     Ids that stand for nobody, such as "anonymous", count as absent. For an app stream
//     the same goes for app_instance_id.
//   - session_id and engagement_time_msec are set as GA4's reports need them: a session id that
//     is not a number becomes a hash that is, the time is 1 unless the event says more.
//   - message_id is the event's id, by which repetitions can be told in BigQuery.
//   - The time is kept in microseconds, not after the event was accepted, and not more
//     than 72 hours before that; an older one becomes 71 hours before. It does not depend on when
//     the event is sent, so that a repetition says the same. Where an event has waited,
//     GA4 itself moves a time of more than 72 hours ago.
//   - consent is DENIED unless the event's context.consent grants it, by ad_user_data,
//     ad_personalization or, for both, advertising; the option consent says what is sent
//     when the event says nothing. The stronger refusal wins.
//   - context.app.version becomes the parameter app_version; context.os, device, screen and
//     locale become device. No IP address, location or user agent is sent.
//   - A page becomes page_view with page_location, page_title and page_referrer, a screen
//     becomes screen_view (x_screen_view in an app stream, where the name is reserved), without
//     prefix. Identify, group and alias have no form here and are declined: user
//     properties are not sent.
//
// # Delivery
//
// GA4 cannot recognise a repetition. With delivery: at_most_once, the default, a request that
// may have arrived is not sent again: after a 429, a 5xx, a timeout or a broken
// connection its events are dead-lettered as refused, and the sink is paused for as long as it was
// asked to, or from 1 s doubling to 5 min. A request that provably did not arrive, and one that was
// answered with 400, 401, 403 or 413, is not lost, and none is begun that the time left of an attempt
// would not do for. This holds for the life of the process: a durable
// queue may repeat what was in hand when the process was killed, and replaying
// dead letters is sending again. With delivery: at_least_once all of these are repeated.
//
// # What was verified
//
// The tests hold every request against a server that enforces the documented rules, and inject
// the failures above. No Google account was at hand. Not known are: what
// GA4 really does with each violation, with an app_instance_id that no app has made,
// with a session_id that is not a time; whether longer values of page_location, page_title and
// page_referrer, which the Help Center allows, hold for the Measurement Protocol; how
// overload is answered. Check uses Google's validation server, which checks the request
// but neither api_secret nor measurement_id. Google has no library for servers to compare with.
package ga4
