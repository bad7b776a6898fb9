package disk_test

import (
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/queue/disk/internal/torture"
)

func seedOf(t *testing.T) uint64 {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return seed
}

func images() int {
	if testing.Short() {
		return 30
	}
	return 100
}

func TestKillingTheProcessLosesNothingThatWasAcknowledged(t *testing.T) {
	kill := torture.Kill{Dir: t.TempDir(), Kills: 10, Seed: seedOf(t), Min: 20 * time.Millisecond, Max: 150 * time.Millisecond}
	if testing.Short() {
		kill.Kills = 3
	}
	tally, err := kill.Run()
	t.Log(tally)
	if err != nil {
		t.Fatal(err)
	}
	if tally.Failed() || tally.Acked == 0 {
		t.Fatal("a sink did not get what was acknowledged, or more of it again than it had in hand")
	}
}

func TestKillingTheProcessOfALogThatIsSyncedNowAndThenLosesNothing(t *testing.T) {
	tally, err := torture.Kill{
		Dir: t.TempDir(), Kills: 3, Seed: seedOf(t), Min: 20 * time.Millisecond, Max: 150 * time.Millisecond, Interval: true,
	}.Run()
	t.Log(tally)
	if err != nil {
		t.Fatal(err)
	}
	if tally.Failed() || tally.Acked == 0 {
		t.Fatal("a sink did not get what was acknowledged, or more of it again than it had in hand")
	}
}

func TestLosingPowerLosesNothingThatWasAcknowledged(t *testing.T) {
	tally, err := torture.Power{Images: images(), Seed: seedOf(t)}.Run()
	t.Log(tally)
	if err != nil {
		t.Fatal(err)
	}
	if tally.Failed() || tally.Acked == 0 {
		t.Fatal("acknowledged records are neither delivered nor found")
	}
}

func TestSyncsThatFailAndThenALossOfPowerLoseNothingThatWasAcknowledged(t *testing.T) {
	tally, err := torture.Power{Images: images(), Seed: seedOf(t), FailSync: 40}.Run()
	t.Log(tally)
	if err != nil {
		t.Fatal(err)
	}
	if tally.Failed() || tally.Acked == 0 || tally.FailedSyncs == 0 || tally.Refused == 0 {
		t.Fatal("acknowledged records are neither delivered nor found, or a file was synced again")
	}
}

func TestSpoiledFilesCostWhatWasInThemAndNothingElse(t *testing.T) {
	tally, err := torture.Damage{Images: 2 * images(), Seed: seedOf(t)}.Run()
	t.Log(tally)
	if err != nil {
		t.Fatal(err)
	}
	if tally.Failed() || tally.Spoiled != 2*images() || tally.Hit == 0 {
		t.Fatal("records came out damaged, or were lost beside the damage, or not counted")
	}
}
