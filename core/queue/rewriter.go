package queue

// Rewriter is a Log whose records can be changed where they lie, to take out of it what must
// not be kept any longer.
type Rewriter interface {
	// Rewrite calls match with every record that the log has, for whatever cursor, also with
	// those that all have passed, and edit with a copy of each for which match returns
	// true. Edit changes what it is given, but not its length, and the copy takes the
	// record's place. When Rewrite returns nil, the log has nothing any more of what was
	// there before, nor of what it had put aside because it was damaged. Both functions may be
	// called more than once for a record, and not for one that is appended meanwhile; they
	// must not call the log.
	//
	// What a reader has in hand changes in the log, and not in the hand. Nothing is fetched
	// while Rewrite is at work.
	Rewrite(match func(rec []byte) bool, edit func(rec []byte)) error
}

// Shared is a Rewriter that several processes have at once, each with readers. One of them rewrites it
// for all. What others have in hand is what they have yet to finish of it, so they have to take part.
type Shared interface {
	Rewriter
	// OnRewrite sets what is called when another process rewrites a record that readers of this one have
	// in hand. Yield has every reader end what it is doing with records and give back what it has
	// (Rewind), calls settle, which returns when the other process is done, and has them go on. It is not
	// called while it is at work, nor after Close.
	OnRewrite(yield func(settle func()))
}
