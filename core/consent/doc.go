// Package consent decides whether, and how far, events may go: the gate before
// everything else. It knows every way to opt out and resolves them in one place,
// the strongest refusal winning, with a reason that can be shown.
package consent
