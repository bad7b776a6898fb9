package disk_test

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
