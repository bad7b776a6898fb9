// Package disk is the log between the seal and the sinks, kept on disk: what was
// acknowledged survives the end of the process, a loss of power, a disk that is full and
// writes that fail.
//
// A log is a directory:
//
//	lock          whose it is: one process at a time
//	log/          the records, in segments named by the place of their first record
//	cursors/      how far each sink is, the list of them, and what they have in hand of
//	              segments that were removed
//	quarantine/   bytes that were damaged, for whoever wants to look at them
//	reserve       room for the last two on a disk that is full
//
// What it promises:
//
//   - When Append returns nil, the record is on stable storage, its file's name included (with
//     [SyncInterval], it is with the operating system).
//   - Every such record comes to every cursor, or is counted as overflowed or damaged for it.
//   - A cursor's place is with the operating system when a run is done, and on stable storage a second
//     later. After a crash it fetches again what was in hand, after a loss of power also what was
//     finished in the last second; it never skips.
//   - A file whose write or sync failed is not written to again: a second sync may succeed without what
//     the first lost.
//   - Damage never keeps a log from opening. Records are found again behind it, the ones in it are counted,
//     and its bytes put in quarantine. A bit that is flipped costs one record.
package disk
