package disk_test

// The faults that a durable queue has to stand, and the tests that have it stand them:
//
//	the process is killed, 10 times (200 in the   TestKillingTheProcessLosesNothingThatWasAcknowledged
//	  torture program), sinks up, slow and down   TestKillingTheProcessOfALogThatIsSyncedNowAndThenLosesNothing
//	power is lost at any moment, 100 images       TestLosingPowerLosesNothingThatWasAcknowledged
//	  (500 in the torture program), names of
//	  files only kept if their directory is synced
//	one sync in 40 fails, its pages forgotten     TestSyncsThatFailAndThenALossOfPowerLoseNothingThatWasAcknowledged
//	                                              TestAWriteThatFailsIsReportedToAllItWasForAndTheLogGoesOnInAnotherFile
//	any bit is flipped                            TestAnyBitThatIsFlippedCostsAtMostOneRecordAndItIsCounted
//	the newest file is cut at any byte            TestWhereverTheNewestFileIsCutWhatIsBeforeAndWhatComesThenIsThere
//	64 KiB of another are zeros or garbage        TestDamageInTheMiddleCostsTheRecordsInItAndNoOthers
//	a sector cannot be read                       TestWhatTheDiskCannotReadIsSkippedAndCounted
//	the disk is full, read-only or failing        TestOnAFullDiskSinksDrainAndAppendsWorkAgainWhenThereIsRoom
//	                                              TestOnAFullDiskTheOldestGiveWayIfThatIsThePolicy
//	                                              TestFilesThatMayNotGrowAreAFullDisk
//	                                              TestOnATmpfsThatIsFullTheLogGoesOnWhenThereIsRoom
//	                                              TestALogOpensOnADiskThatIsReadOnlyOrFullAndWorksWhenItCan
//	the process is killed as it opens the log     TestEndingTheProcessInTheMiddleOfOpeningLosesNothing
//	a cursor is stale, torn, lost or ahead        TestAPlaceThatIsStaleOrLostCostsRepetitionsOnly
//	                                              TestAPlaceBehindTheEndSkipsNothingThatComes
//	two processes use one directory               TestTwoProcessesDoNotShareALog
//	                                              TestASecondProcessIsToldWhoHasTheLogUntilThatOneIsGone
//	the backlog is large (a million with          TestALargeBacklogIsOpenAtOnceWithLittleMemoryAndFewFiles
//	  HEADGATE_BACKLOG=1)
//	any sequence of calls, crashes and faults     TestTheLogBehavesLikeAListPerCursorAlsoThroughCrashes
//	any bytes in its files                        FuzzSegment, FuzzCursor, FuzzNames
//	                                              TestNoFileThatTheLogHasKeepsItFromOpening
//	a log of an earlier version                   TestLogsOfEveryFormatVersionOpenAndDrain
//	a umask of 0                                  TestEverythingIsItsOwnersAloneWhateverTheUmaskSays
//
// The torture program is run with go run ./core/queue/disk/torture.

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/torture"
)

func TestMain(m *testing.M) {
	torture.Child() // this binary is also what is killed
	child()
	goleak.VerifyTestMain(m)
}
