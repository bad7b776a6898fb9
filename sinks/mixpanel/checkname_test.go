package mixpanel

import (
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/registry"
)

func TestANameThatIsNotTakenIsReported(t *testing.T) {
	d, _ := registry.Default.Lookup("mixpanel")
	for _, c := range []struct{ prefix, name, want string }{
		{``, `run`, ``},
		{``, `$run`, `"x_$run"`},
		{`app_`, `$run`, ``},
		{``, strings.Repeat("n", 256), `is sent as`},
		{``, strings.Repeat("n", 255), ``},
	} {
		got := d.CheckName(d.NewOptions(), c.prefix, c.name)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%.50q after %q: got %q, want %q", c.name, c.prefix, got, c.want)
		}
	}
}
