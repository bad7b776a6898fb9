package disk_test

// docs/durability.md lists the faults that a durable queue has to stand, and the tests that have it stand them.

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
