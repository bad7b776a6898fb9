package jetstream

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role))
	}
	flag.Parse()
	_ = flag.Set("test.parallel", "16") // they wait most of the time
	goleak.VerifyTestMain(m)
}
