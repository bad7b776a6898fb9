// Package sanitize cleans the values of an event and encodes it as JSON in one
// pass, so that nothing raw can be stored, logged or sent.
package sanitize
