package jetstream

import (
	"fmt"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/queuetest"
)

func TestTheLogKeepsTheContract(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	streams := 0
	queuetest.Run(t, queuetest.Harness{
		Late: 20 * time.Second, Checks: 10,
		New: func(onFull queue.OnFull, maxBytes int64) func() (queue.Log, error) {
			streams++
			cfg := Config{URL: core.NewSecret(s.url()), Stream: fmt.Sprint("LOG-", streams), MaxBytes: maxBytes, OnFull: onFull, Patience: late}
			return func() (queue.Log, error) { return Open(cfg) }
		},
	})
}
