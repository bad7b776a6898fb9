// Package sanitize cleans the values of an event and encodes it as JSON in one
// pass, so that nothing raw can be stored, logged or sent.
//
// A [Sanitizer] is a compiled policy; its [Encoder] appends sanitised JSON to a
// byte slice, from log attributes, from maps or from JSON text. Three things decide
// what becomes of a value:
//
//   - its key: split into words, folded (case, accents, full width, look-alikes) and
//     judged by its head noun, so that api_key and dbPassword are secrets and
//     token_count and password_policy are not;
//   - its type: booleans and null always pass, numbers only fall under keys that
//     name a number worth hiding (card, phone, latitude, PIN);
//   - its text: one pass of an automaton over all known shapes (vendor tokens,
//     key=value in prose, URLs, e-mail addresses, home directories, …), with a
//     verifier behind each. Text wrapped in JSON, percent-encoding, escapes or
//     base64 is unwrapped and scanned too.
//
// Most texts are plain, and most come again: a text is spared the passes that could find
// nothing in it, and a bounded number of those that came before and hold nothing are
// remembered, though none under a key that names something sensitive, and an id of a person
// by one encoder alone, until it is released.
//
// Only the offending span is replaced, by [redacted:kind], and sanitising twice
// changes nothing more. IP addresses lose their host part instead.
//
// The output is always valid, compact JSON with unique keys and valid UTF-8,
// whatever the input: what cannot be encoded becomes "[unencodable]", what is
// nested too deep "[unscanned:n]", what is too long ends in "…[truncated:n]".
package sanitize
