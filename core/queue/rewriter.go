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
