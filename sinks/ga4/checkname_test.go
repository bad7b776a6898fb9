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
		{``, `page_view`, `is counted as "page_view"`},
		{``, `file-download`, `is counted as "file_download"`},
		{`form_`, `submit`, `is counted as "form_submit"`},
		{`app_`, `click`, ``},
	} {
		got := d.CheckName(d.NewOptions(), c.prefix, c.name)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%.50q after %q: got %q, want %q", c.name, c.prefix, got, c.want)
		}
	}
}

func TestAnAppStreamKnowsNoEventsOfTheTag(t *testing.T) {
	app := Config{FirebaseAppID: "1:2:android:3"}
	for name, want := range map[string]string{"page_view": "", "click": "", "screen_view": `is sent as "x_screen_view"`} {
		if got := changedName(app, "", name); (got == "") != (want == "") || !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
