package browsertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server"
)

// figures returns what the page says of the books.
func (p *tab) figures() map[string]uint64 {
	p.t.Helper()
	return eval[map[string]uint64](p, `Object.fromEntries([...document.querySelectorAll("#books .cell")].map((c) =>
		[c.dataset.key, Number(c.querySelector(".figure").textContent.replaceAll(",", ""))]))`)
}

// shown returns a figure of a sink's card.
func (p *tab) shown(sink, label string) string {
	p.t.Helper()
	return eval[string](p, fmt.Sprintf(`[...document.querySelectorAll('.sink[data-sink="%s"] .figures .cell')]
		.find((c) => c.querySelector("dt").textContent === %q).querySelector(".figure").textContent`, sink, label))
}

func TestThePageShowsWhatTheBooksHave(t *testing.T) {
	t.Parallel()
	bad := &sink{}
	bad.set(func([]core.Sealed) error { return core.Permanent(errors.New("HTTP 400")) })
	d := start(t, core.Config{Sinks: []core.SinkConfig{local("log", "log", &sink{}), local("ga4", "ga4", bad)}}, nil)
	p := newTab(t)
	p.openPage(d)
	if text := p.text("#events-empty"); !strings.Contains(text, "curl "+d.front.URL()+"/v1/events") {
		t.Errorf("before the first event the page says %q", text)
	}
	const n = 1234
	var events []event
	for i := range n {
		events = append(events, event{ID: fmt.Sprint("e", i), Name: "run"})
	}
	d.post(events...)
	d.post(events[0], event{Name: ""})
	d.eventually("all are finished", func(s core.Stats) bool { return s.Sinks["log"].Delivered == n && s.Sinks["ga4"].DeadLettered == n })
	p.until(`document.querySelector('#books [data-key="duplicates"] .figure').textContent === "1"`)
	p.until(`document.querySelector('.sink[data-sink="ga4"] .pill').textContent === "1,234 dead letters"`)
	books := d.dispatcher.Stats().Books
	want := map[string]uint64{"received": books.Received, "accepted": books.Accepted, "denied": books.Denied, "rejected": books.Rejected, "duplicates": books.Duplicates}
	if diff := cmp.Diff(want, p.figures()); diff != "" || books.Received != n+2 {
		t.Errorf("the page differs from the books: -want +got:\n%s", diff)
	}
	if got := p.shown("log", "Delivered"); got != "1,234" {
		t.Errorf("the log sink has delivered %s", got)
	}
	if got := p.text(`.sink[data-sink="ga4"] .equation`); !strings.Contains(strings.Join(strings.Fields(got), " "), "1,234 accepted = 0 delivered + 1,234 dead-lettered") {
		t.Errorf("the equation is %q", got)
	}
	if got := p.complaints(); len(got) > 0 {
		t.Errorf("the page complains of %q", got)
	}
}

func TestThePageTellsWhoTurnedTrackingOff(t *testing.T) {
	t.Parallel()
	d := start(t, core.Config{DoNotTrack: true, Sinks: []core.SinkConfig{local("log", "log", &sink{})}}, nil)
	p := newTab(t)
	p.openPage(d)
	if text := p.text("#tracking"); !strings.Contains(text, "Tracking is off") || !strings.Contains(text, d.dispatcher.Stats().DoNotTrack.Sources[0]) {
		t.Errorf("it says %q", text)
	}
	if title := eval[string](p, "document.title"); !strings.Contains(title, "off") {
		t.Errorf("the title is %q", title)
	}
	if text := p.text(`[data-sink="log"]`); !strings.Contains(text, "Not open") || strings.Contains(text, "Pause") {
		t.Errorf("the sink is shown as %q", text)
	}
}

func TestEventsAreShownAsTheyLeaveWithWhatWasRedactedMarked(t *testing.T) {
	t.Parallel()
	flaky := &sink{}
	flaky.set(func([]core.Sealed) error { return errors.New("connection refused") })
	edited := local("lean", "http", &sink{})
	edited.Edit = core.Edit{Drop: []string{"plan"}}
	d := start(t, core.Config{Sinks: []core.SinkConfig{local("log", "log", &sink{}), local("flaky", "http", flaky), edited}}, nil)
	p := newTab(t)
	p.openPage(d)
	deep := any("x")
	for range 40 {
		deep = map[string]any{"in": deep}
	}
	d.post(event{ID: "e1", Name: "signup", Properties: map[string]any{"plan": "pro", "email": "ada@example.com", "deep": deep, "html": "<img src=x onerror=alert(1)>"}})
	p.until(`document.querySelector('[data-id="e1"] .chip.warn')?.textContent.includes("flaky retrying")`)
	p.click(`[data-id="e1"] button`)
	p.until(`[...document.querySelectorAll('[data-id="e1"] .json')].length === 2`) // and what lean gets
	marks := eval[[]string](p, `[...document.querySelector('[data-id="e1"] .json').querySelectorAll("mark")].map((m) => m.textContent.replace(/\d+/, "n"))`)
	if diff := cmp.Diff([]string{"[unscanned:n]", "[redacted:email]"}, marks); diff != "" {
		t.Errorf("what is marked: -want +got:\n%s", diff)
	}
	if text := p.text("main"); strings.Contains(text, "ada@example.com") || !strings.Contains(text, "<img src=x") {
		t.Errorf("the page says %q", text)
	}
	if lean := eval[string](p, `[...document.querySelectorAll('[data-id="e1"] .json')][1].textContent`); strings.Contains(lean, "plan") || !strings.Contains(lean, "html") {
		t.Errorf("what lean gets is shown as %s", lean)
	}
	// While it is open nothing moves, and what comes is counted.
	d.post(event{ID: "e2", Name: "later"})
	p.until(`document.querySelector("#events-note").textContent.includes("1 new event")`)
	p.click(`[data-id="e1"] button`)
	p.until(`document.querySelector("#event-list li").dataset.id === "e2"`)
	flaky.set(nil)
	p.until(`document.querySelectorAll('[data-id="e1"] .summary .chip.good').length === 3`)
	eval[bool](p, `document.querySelector("#filter").value = "LATER", document.querySelector("#filter").dispatchEvent(new Event("input"))`)
	p.until(`document.querySelector('[data-id="e1"]').hidden && !document.querySelector('[data-id="e2"]').hidden`)
	if got := p.complaints(); len(got) > 0 {
		t.Errorf("the page complains of %q", got)
	}
}

func TestASinkIsPausedAndResumedOnThePage(t *testing.T) {
	t.Parallel()
	s := &sink{}
	d := start(t, core.Config{Sinks: []core.SinkConfig{local("ga4", "ga4", s)}}, nil)
	p := newTab(t)
	p.openPage(d)
	p.click(`[data-sink="ga4"] button`)
	p.until(`document.querySelector('[data-sink="ga4"] .badge').textContent === "Paused by you"`)
	d.post(event{Name: "run"}, event{Name: "run"})
	p.until(`document.querySelector('[data-sink="ga4"]').textContent.includes("2 queued")`)
	if s.count() != 0 || !d.dispatcher.Stats().Sinks["ga4"].PausedByOperator {
		t.Errorf("it has been sent %d events while paused", s.count())
	}
	p.until(`/^oldest \d+ s$/.test(document.querySelector('[data-sink="ga4"] .figures .per:not([hidden])')?.textContent)`)
	p.click(`[data-sink="ga4"] button`)
	p.until(`document.querySelector('[data-sink="ga4"] .badge').textContent === "OK"`)
	d.eventually("all are delivered", func(stats core.Stats) bool { return stats.Sinks["ga4"].Delivered == 2 })
	p.until(`document.querySelector('[data-sink="ga4"] .figures .per').hidden`)
}

func TestDeadLettersAreShownReplayedAndPurgedOnThePage(t *testing.T) {
	t.Parallel()
	s := &sink{}
	s.set(func([]core.Sealed) error { return core.Permanent(errors.New("HTTP 400: no such property")) })
	d := start(t, core.Config{Sinks: []core.SinkConfig{local("ga4", "ga4", s)}}, nil)
	p := newTab(t)
	p.openPage(d)
	d.post(event{ID: "e1", Name: "run", Properties: map[string]any{"email": "ada@example.com"}}, event{ID: "e2", Name: "run"}, event{ID: "e3", Name: "run"})
	p.until(`document.querySelectorAll("#letter-rows tr").length === 3`)
	p.click(`[data-key="ga4 e1"] button`)
	p.until(`document.querySelector("#letter").open && document.querySelector("#letter mark")?.textContent === "[redacted:email]"`)
	if text := p.text("#letter"); !strings.Contains(text, "HTTP 400: no such property") || strings.Contains(text, "ada@") {
		t.Errorf("the letter is shown as %q", text)
	}
	p.click("#letter-close")

	s.set(nil)
	p.click(`[data-key="ga4 e2"] button:nth-of-type(2)`)
	p.until(`document.querySelector("#messages").textContent.includes("1 accepted")`)
	p.until(`document.querySelectorAll("#letter-rows tr").length === 2`)
	if stats := d.dispatcher.Stats().Sinks["ga4"]; stats.Recovered != 1 || stats.Delivered != 1 || s.count() != 1 {
		t.Errorf("after one was replayed the books have %+v", stats)
	}

	p.click(".box .purge")
	p.until(`document.querySelector("#confirm").open`)
	p.click("#confirm-no")
	p.until(`!document.querySelector("#confirm").open`)
	if n := d.dispatcher.CountDeadLetters("ga4"); n != 2 {
		t.Errorf("%d letters are left of two that were not purged", n)
	}
	p.click(".box .purge")
	p.until(`document.querySelector("#confirm").open`)
	p.click("#confirm-yes")
	p.until(`document.querySelector("#messages").textContent.includes("2 dead letters purged")`)
	p.until(`!document.querySelector("#letters-empty").hidden && document.querySelector("#letters-table").hidden`)
	if n := d.dispatcher.CountDeadLetters("ga4"); n != 0 {
		t.Errorf("%d letters are left", n)
	}
}

func TestAReloadThatFailsShowsEveryProblemAndChangesNothing(t *testing.T) {
	t.Parallel()
	d := start(t, core.Config{Sinks: []core.SinkConfig{local("log", "log", &sink{})}}, nil)
	p := newTab(t)
	p.openPage(d)
	d.write("sinks:\n  log: {fromat: json}\nque: {}\n")
	p.click("#reload")
	p.until(`document.querySelectorAll("#messages li").length === 2`)
	if text := p.text("#messages"); !strings.Contains(text, "sinks.yaml:2:") || !strings.Contains(text, "format") || !strings.Contains(text, "sinks.yaml:3:") {
		t.Errorf("the page says %q", text)
	}
	d.write("sinks: {log: {}}\n")
	p.click("#reload")
	p.until(`document.querySelector("#messages").textContent.includes("is in effect")`)
}

// The token of a page is that of one process: the page notices that there is another.
func TestThePageGoesOnWithAHeadgateThatWasStartedAgain(t *testing.T) {
	t.Parallel()
	d := start(t, core.Config{Sinks: []core.SinkConfig{local("log", "log", &sink{})}}, nil)
	p := newTab(t)
	p.openPage(d)
	token := eval[string](p, `document.querySelector('meta[name="headgate-token"]').content`)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	address := d.admin.Addr()
	if err := d.admin.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	p.until(`document.querySelector("#link").dataset.state === "lost"`)
	again, err := server.NewAdmin(server.AdminOptions{Listen: address, Status: d.dispatcher.Stats, Ready: d.front.Ready, DeadLetters: d.dispatcher, Sinks: d.dispatcher})
	if err == nil {
		err = again.Start(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Shutdown(ctx) }()
	p.until(fmt.Sprintf(`document.querySelector("#link")?.dataset.state === "live" && document.querySelector('meta[name="headgate-token"]').content !== %q`, token))
	p.click(`[data-sink="log"] button`)
	p.until(`document.querySelector('[data-sink="log"] .badge').textContent === "Paused by you"`)
	if hidden := eval[bool](p, `document.querySelector("#events").hidden && document.querySelector("#reload").hidden`); !hidden {
		t.Error("the page offers what this headgate cannot do")
	}
}
