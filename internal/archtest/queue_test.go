package archtest

import (
	"strings"
	"testing"
)

// Who does not ask for a queue in a JetStream stream must not get NATS: it weighs 2 MB and more.
func TestNATSIsLinkedOnlyByWhoImportsIt(t *testing.T) {
	ours := own(t)
	for _, name := range []string{"core", "registry", "config", "server", "cli", "usage", "metrics", "sinks/lite"} {
		p, ok := ours[name]
		if !ok {
			t.Errorf("there is no package %s", name)
		}
		for _, dep := range p.Deps {
			if strings.HasPrefix(dep, "github.com/nats-io/") {
				t.Errorf("%s links %s", name, dep)
			}
		}
	}
}
