// Package torture ends processes and machines in the middle of their work, and counts what a
// log on disk has lost by it.
package torture

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
)

// Tally is what was counted.
type Tally struct {
	// Kills and Images are how often a process was ended, and how many states of the disk
	// after a loss of power were looked at.
	Kills, Images int
	// Acked is how many records were acknowledged, once each; Lost how many of them some
	// sink did not get, for each sink; Phantom how many it got that were never appended.
	Acked, Lost, Phantom int
	// Duplicates is how many deliveries were repeated, Most how many at most for one sink by one kill,
	// and Beyond how often that was more than what the sink had in hand.
	Duplicates, Most, Beyond int
	// Damaged is how many records the log said it could not read. After a kill there are none; after a
	// loss of power they are of writes that were not acknowledged.
	Damaged int
	// Corrupt is how many records came out other than they went in.
	Corrupt int
	// FailedSyncs is how many syncs were made to fail, and Refused how many records were refused for it.
	FailedSyncs, Refused int
	// SyncedAgain is how many files were synced after a sync of theirs had failed.
	SyncedAgain int
	// Spoiled is how many states of the disk with a damaged file were looked at, Hit how many records
	// were gone by it, and Uncounted how many of those the log did not tell of, which it cannot where the
	// newest file is cut; Silent is how often it could have.
	Spoiled, Hit, Uncounted, Silent int
	// SlowestOpen is the longest time that opening took, in seconds.
	SlowestOpen float64
}

// Add adds another tally.
func (t *Tally) Add(o Tally) {
	t.Kills += o.Kills
	t.Images += o.Images
	t.Acked += o.Acked
	t.Lost += o.Lost
	t.Phantom += o.Phantom
	t.Duplicates += o.Duplicates
	t.Most = max(t.Most, o.Most)
	t.Beyond += o.Beyond
	t.Damaged += o.Damaged
	t.Corrupt += o.Corrupt
	t.FailedSyncs += o.FailedSyncs
	t.Refused += o.Refused
	t.SyncedAgain += o.SyncedAgain
	t.Spoiled += o.Spoiled
	t.Hit += o.Hit
	t.Uncounted += o.Uncounted
	t.Silent += o.Silent
	t.SlowestOpen = max(t.SlowestOpen, o.SlowestOpen)
}

// Failed reports whether something was counted that must not happen.
func (t Tally) Failed() bool {
	return t.Lost+t.Phantom+t.Beyond+t.Corrupt+t.SyncedAgain+t.Silent > 0 || t.Kills > 0 && t.Damaged > 0
}

// String gives the counts in one line.
func (t Tally) String() string {
	return fmt.Sprintf("kills %d, images %d, spoiled files %d, acked %d, lost %d, phantom %d, corrupt %d, damaged %d, "+
		"duplicates %d (at most %d by one kill and sink, beyond what was in hand %d), "+
		"failed syncs %d (refused %d, synced again %d), gone by damage %d (uncounted %d, silent %d), slowest opening %.3f s",
		t.Kills, t.Images, t.Spoiled, t.Acked, t.Lost, t.Phantom, t.Corrupt, t.Damaged, t.Duplicates, t.Most, t.Beyond,
		t.FailedSyncs, t.Refused, t.SyncedAgain, t.Hit, t.Uncounted, t.Silent, t.SlowestOpen)
}

// recordOf makes the record with an id: its content follows from the id, so that a reader can check it.
func recordOf(id uint64) []byte {
	rng := rand.New(rand.NewPCG(id, 1))
	size := 16 + rng.IntN(300)
	if rng.IntN(50) == 0 {
		size += rng.IntN(5000)
	}
	b := fmt.Appendf(make([]byte, 0, size+32), "%016x", id)
	for len(b) < size {
		b = binary.LittleEndian.AppendUint64(b, rng.Uint64())
	}
	sum := fnv.New64a()
	_, _ = sum.Write(b)
	return fmt.Appendf(b, "%016x", sum.Sum64())
}

// idOf reads a record's id, and checks its content.
func idOf(rec []byte) (id uint64, ok bool) {
	if len(rec) < 32 {
		return 0, false
	}
	id, err := strconv.ParseUint(string(rec[:16]), 16, 64)
	body := len(rec) - 16
	sum := fnv.New64a()
	_, _ = sum.Write(rec[:body])
	return id, err == nil && fmt.Sprintf("%016x", sum.Sum64()) == string(rec[body:])
}
