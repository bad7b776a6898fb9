package browsertest

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/headgate-dev/headgate/core"
)

// violation is what axe finds.
type violation struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Nodes  []string `json:"nodes"`
}

// audit has axe look at the page as it is, and fails on what is serious or worse.
func (p *tab) audit(what string) {
	p.t.Helper()
	found := eval[[]violation](p, `axe.run(document, {resultTypes: ["violations"]}).then((r) => r.violations.map((v) =>
		({id: v.id, impact: v.impact, nodes: v.nodes.slice(0, 3).map((n) => n.target + ": " + n.failureSummary)})))`)
	for _, v := range found {
		if v.Impact == "serious" || v.Impact == "critical" {
			p.t.Errorf("%s: %s (%s): %s", what, v.ID, v.Impact, strings.Join(v.Nodes, "\n"))
		} else {
			p.t.Logf("%s: %s (%s): %s", what, v.ID, v.Impact, strings.Join(v.Nodes, "\n"))
		}
	}
}

// withAxe gives the page the audit.
func (p *tab) withAxe() {
	p.t.Helper()
	axe, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		p.t.Fatal(err)
	}
	eval[bool](p, string(axe)+";true")
}

func TestThePageHasNoBarriersThatAxeKnows(t *testing.T) {
	t.Parallel()
	d := troubled(t)
	p := newTab(t)
	p.openPage(d)
	p.withAxe()
	p.audit("without an event")
	d.someEvents(0, 5)
	p.until(`document.querySelectorAll("#event-list > li").length >= 5 && document.querySelectorAll("#letter-rows tr").length >= 1`)
	p.click(`#event-list > li[data-id="event-3"] button`)
	for _, s := range screens {
		p.screen(s.scheme, s.width)
		p.audit(s.name)
	}
	p.click("#letter-rows button")
	p.until(`document.querySelector("#letter").open`)
	p.audit("with a dead letter open")
}

// press presses a key.
func (p *tab) press(key string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(key))
}

// tabTo presses Tab until something has the focus, and says what did on the way.
func (p *tab) tabTo(selector string) {
	p.t.Helper()
	var passed []string
	for range 60 {
		p.press(kb.Tab)
		at := eval[string](p, fmt.Sprintf(`document.activeElement.matches(%q) ? "" : document.activeElement.outerHTML.slice(0, 60)`, selector))
		if at == "" {
			// What has the focus is seen to have it.
			if outline := eval[string](p, `getComputedStyle(document.activeElement).outlineStyle`); outline == "none" {
				p.t.Errorf("%s has the focus, and does not look like it", selector)
			}
			return
		}
		passed = append(passed, at)
	}
	p.t.Fatalf("the focus never comes to %s; it passes %q", selector, passed)
}

func TestEverythingIsDoneWithTheKeyboardAlone(t *testing.T) {
	t.Parallel()
	s := &sink{}
	s.set(func([]core.Sealed) error { return core.Permanent(errors.New("HTTP 400")) })
	d := start(t, core.Config{Sinks: []core.SinkConfig{local("ga4", "ga4", s)}}, nil)
	p := newTab(t)
	p.openPage(d)
	d.post(event{ID: "e1", Name: "run"}, event{ID: "e2", Name: "run"})
	p.until(`document.querySelectorAll("#letter-rows tr").length === 2 && document.querySelectorAll("#event-list li").length === 2`)

	p.tabTo(".skip")
	p.press(kb.Enter)
	p.tabTo(`[data-sink="ga4"] .sink-head button`)
	p.press(kb.Enter)
	p.until(`document.activeElement.textContent === "Resume"`) // it keeps the focus
	if !d.dispatcher.Stats().Sinks["ga4"].PausedByOperator {
		t.Error("the sink is not paused")
	}
	p.press(" ")
	p.until(`document.activeElement.textContent === "Pause"`)

	p.tabTo("#event-list .summary")
	p.press(kb.Enter)
	p.until(`document.activeElement.getAttribute("aria-expanded") === "true"`)

	p.tabTo(".box .purge")
	p.press(kb.Enter)
	p.until(`document.querySelector("#confirm").open && document.activeElement.id === "confirm-no"`)
	p.press(kb.Escape)
	p.until(`!document.querySelector("#confirm").open && document.activeElement.matches(".purge")`)
	if n := d.dispatcher.CountDeadLetters("ga4"); n != 2 {
		t.Errorf("%d dead letters are left", n)
	}
	p.tabTo("#letter-rows button:nth-of-type(2)")
	d.post(event{ID: "e3", Name: "run"}) // so that they are listed anew
	p.until(`document.querySelectorAll("#letter-rows tr").length === 3 && document.activeElement.matches("#letter-rows button:nth-of-type(2)")`)
	s.set(nil)
	p.tabTo("#letter-rows button")
	p.press(kb.Enter)
	p.until(`document.querySelector("#letter").open`)
	p.press(kb.Escape)
	p.until(`!document.querySelector("#letter").open && document.activeElement.matches("#letter-rows button")`)
	p.tabTo("#letter-rows button:nth-of-type(2)")
	p.press(kb.Enter)
	d.eventually("one is replayed", func(stats core.Stats) bool { return stats.Sinks["ga4"].Recovered == 1 })

	eval[bool](p, `document.querySelector("#theme").focus(), true`)
	for _, want := range []string{"light", "dark", ""} {
		p.press(kb.Enter)
		p.until(fmt.Sprintf(`(document.documentElement.dataset.theme ?? "") === %q`, want))
	}
}

// A screen reader is told of changes, not of every event.
func TestAScreenReaderIsToldOfChangesOnly(t *testing.T) {
	t.Parallel()
	s := &sink{}
	d := start(t, core.Config{Sinks: []core.SinkConfig{local("ga4", "ga4", s)}}, nil)
	p := newTab(t)
	p.openPage(d)
	eval[bool](p, `window.said = [], new MutationObserver(() => said.push(document.querySelector("#announce").textContent)).observe(document.querySelector("#announce"), {childList: true}), true`)
	for i := range 5 {
		d.someEvents(i*5, 5)
		p.until(fmt.Sprintf(`document.querySelectorAll("#event-list li").length >= %d`, (i+1)*5))
	}
	if said := eval[[]string](p, "said"); len(said) > 0 {
		t.Errorf("of events it is told %q", said)
	}
	s.set(func([]core.Sealed) error { return core.Unauthorized(errors.New("HTTP 401")) })
	d.post(event{Name: "run"})
	p.until(`said.some((text) => text.includes("ga4: Failed"))`)
	live := eval[int](p, `document.querySelectorAll("[aria-live], [role=status], [role=alert], [role=log]").length`)
	if live != 2 {
		t.Errorf("the page has %d live regions", live)
	}
}
