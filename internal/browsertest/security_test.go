package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
)

// stranger serves an empty page of another origin.
func stranger(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!doctype html><title>stranger</title><body>")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestAPageOfAnotherOriginCanNeitherActNorLook(t *testing.T) {
	t.Parallel()
	d := start(t, core.Config{Sinks: []core.SinkConfig{local("ga4", "ga4", &sink{})}}, nil)
	for _, from := range []string{stranger(t), strings.Replace(stranger(t), "127.0.0.1", "evil.example", 1)} { // of the same site, and of another
		p := newTab(t)
		p.open(from)
		admin := d.admin.URL()
		eval[bool](p, fmt.Sprintf(`(async () => {
			const pause = %q;
			await fetch(pause, {method: "POST", mode: "no-cors"}).catch(() => {});
			await fetch(pause, {method: "POST", mode: "no-cors", credentials: "include", headers: {"Content-Type": "text/plain"}, body: "x"}).catch(() => {});
			await fetch(pause, {method: "POST", headers: {"X-Headgate-Token": "guess"}}).catch(() => {});
			navigator.sendBeacon(pause);
			const frame = document.createElement("iframe");
			frame.name = "hidden";
			document.body.append(frame);
			const form = Object.assign(document.createElement("form"), {method: "POST", action: pause, target: "hidden"});
			document.body.append(form);
			const loaded = new Promise((done) => { frame.onload = done; });
			form.submit();
			await loaded;
			return true;
		})()`, admin+"/v1/sinks/pause?sink=ga4"))
		for what, expression := range map[string]string{
			"the books":        fmt.Sprintf(`fetch(%q).then((r) => r.text())`, admin+"/v1/status"),
			"the page":         fmt.Sprintf(`fetch(%q).then((r) => r.text())`, admin+"/ui/"),
			"the dead letters": fmt.Sprintf(`fetch(%q).then((r) => r.text())`, admin+"/v1/deadletters"),
			"the stream":       fmt.Sprintf(`new Promise((see, not) => { const s = new EventSource(%q); s.addEventListener("books", see); s.onerror = not; }).then(() => "it")`, admin+"/ui/stream"),
			"a script of it": fmt.Sprintf(`new Promise((see, not) => { const s = document.createElement("script"); s.type = "module"; s.src = %q; s.onload = see; s.onerror = not;
				document.body.append(s); }).then(() => "it")`, admin+"/ui/app.js"),
		} {
			if got := eval[string](p, `(`+expression+`).catch(() => "")`); got != "" {
				t.Errorf("a page of %s gets %s: %q", from, what, got)
			}
		}
	}
	if d.dispatcher.Stats().Sinks["ga4"].PausedByOperator {
		t.Error("a page of another origin has paused a sink")
	}
	// The same request is honoured where it comes from a program.
	resp, err := d.client.Post(d.admin.URL()+"/v1/sinks/pause?sink=ga4", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if !d.dispatcher.Stats().Sinks["ga4"].PausedByOperator {
		t.Error("a program cannot pause a sink")
	}
}

// The browser is told that the name is an address of this machine, as the DNS of a stranger
// may tell any browser.
func TestANameThatWasMadeToResolveHereIsRefused(t *testing.T) {
	t.Parallel()
	d := start(t, core.Config{}, nil)
	p := newTab(t)
	rebound := strings.Replace(d.admin.URL(), "127.0.0.1", "rebound.example", 1)
	p.open(rebound + "/ui/")
	if text := p.text("body"); !strings.Contains(text, "loopback addresses only") {
		t.Errorf("the page under that name says %q", text)
	}
	for _, path := range []string{"/v1/status", "/v1/deadletters", "/ui/app.js"} {
		p.open(rebound + path)
		if text := p.text("body"); !strings.Contains(text, "loopback addresses only") {
			t.Errorf("%s under that name says %q", path, text)
		}
	}
	p.openPage(d) // under its own
}
