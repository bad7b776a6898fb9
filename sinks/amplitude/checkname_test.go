package amplitude

import (
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/registry"
)

func TestANameThatIsNotTakenIsReported(t *testing.T) {
	d, _ := registry.Default.Lookup("amplitude")
	for _, c := range []struct{ prefix, name, want string }{
		{``, `run`, ``},
		{``, `$identify`, `"x_$identify"`},
		{`app_`, `$identify`, ``},
		{``, `[Amplitude] Start Session`, `"x_[`},
		{``, strings.Repeat("n", 1025), `is sent as`},
		{``, strings.Repeat("n", 1024), ``},
	} {
		got := d.CheckName(d.NewOptions(), c.prefix, c.name)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%.50q after %q: got %q, want %q", c.name, c.prefix, got, c.want)
		}
	}
}
