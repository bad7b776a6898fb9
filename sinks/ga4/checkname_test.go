package ga4

import (
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/registry"
)

func TestANameThatIsNotTakenIsReported(t *testing.T) {
	d, _ := registry.Default.Lookup("ga4")
	for _, c := range []struct{ prefix, name, want string }{
		{``, `run`, ``},
		{``, `error`, `"x_error"`},
		{`app_`, `error`, ``},
		{``, `chat.run`, `"chat_run"`},
		{``, strings.Repeat("n", 41), `is sent as`},
		{``, strings.Repeat("n", 40), ``},
	} {
		got := d.CheckName(d.NewOptions(), c.prefix, c.name)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%.50q after %q: got %q, want %q", c.name, c.prefix, got, c.want)
		}
	}
}
