// Package outbox is for programs that run for a moment, such as commands: what they report
// survives them, and costs them no wait.
//
// A run of the program only stores its events, in a directory that the program has for that. When
// it ends, and something waits there, it starts itself once more, in the background, to deliver: that
// process has its own session and no terminal, ends by itself after [Box.Patience], and what
// it could not deliver waits for the next. Any number of runs may overlap: each stores in
// a slot of its own ([disk.Config].Slots). A run that is killed leaves its slot to the next.
//
// Delivery is at least once, under the ids that the events have: only a flush that is killed, or cut
// off in the middle of a request, has anything sent again.
//
// When tracking is off, by whatever way, nothing is stored, made or started.
package outbox
