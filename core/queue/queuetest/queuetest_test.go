package queuetest_test

import (
	"path/filepath"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
	"github.com/headgate-dev/headgate/core/queue/queuetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheLogInMemoryKeepsTheContract(t *testing.T) {
	queuetest.Run(t, queuetest.Harness{
		New: func(onFull queue.OnFull, maxBytes int64) func() (queue.Log, error) {
			return func() (queue.Log, error) { return queue.NewMemory(maxBytes, onFull), nil }
		},
	})
}

func TestTheLogOnDiskKeepsTheContract(t *testing.T) {
	dir, n := t.TempDir(), 0
	queuetest.Run(t, queuetest.Harness{
		Checks: 20,
		New: func(onFull queue.OnFull, maxBytes int64) func() (queue.Log, error) {
			n++
			cfg := disk.Config{Dir: filepath.Join(dir, strconv.Itoa(n)), MaxBytes: maxBytes, OnFull: onFull}
			return func() (queue.Log, error) { return disk.Open(cfg) }
		},
	})
}
