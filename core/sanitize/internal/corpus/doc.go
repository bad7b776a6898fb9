// Package corpus makes texts that hold secrets and texts that only look as if
// they did, and judges what a sanitiser makes of them.
//
// Everything is made at run time from formats and a seed: the vendors' published
// prefixes, lengths, alphabets and checksums, and templates of what programs
// print. Nothing in this package is, or looks like, a live credential.
//
// A template is text with fields between « and »:
//
//	«h:32»     32 of the class h; see classes
//	«d:3-6»    three to six digits
//	«n:1-500»  a number between
//	«email»    what a named maker makes; see makers
//	«a|b|c»    one of the words
//
// A mark before a field says what is expected of it:
//
//	«!pw»      must not be left in the output
//	«%pw»      the same, and percent-encoded where it stands
//	«=word»    must be left in the output; so must any other text after =
//
// A value template that begins with "json:" is JSON and not a string.
package corpus
