package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"
)

// patience is how long a condition may take to become true on a machine that is busy.
const patience = 45 * time.Second

// names are those of the browser, by which distributions call it.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// chromium is the one browser of all tests, started by the first that needs it.
var chromium struct {
	once  sync.Once
	ctx   context.Context
	close func()
	err   error
}

func TestMain(m *testing.M) {
	status := m.Run()
	if chromium.close != nil {
		chromium.close()
	}
	if err := goleak.Find(); err != nil && status == 0 {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func startBrowser() {
	path := ""
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		chromium.err = fmt.Errorf("there is none of %s on the PATH", strings.Join(names, ", "))
		return
	}
	dir, err := os.MkdirTemp("", "headgate-browser-")
	if err != nil {
		chromium.err = err
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.Flag("headless", "new"),
		chromedp.DisableGPU, chromedp.Flag("host-resolver-rules", "MAP *.example 127.0.0.1"),
		chromedp.WSURLReadTimeout(patience),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to be root with one
	}
	allocated, free := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocated)
	chromium.ctx = ctx
	chromium.close = func() {
		_ = chromedp.Cancel(ctx) // waits for the process
		cancel()
		free()
		_ = os.RemoveAll(dir)
	}
	chromium.err = chromedp.Do(ctx)
}

// tab is a page of a browser profile of its own.
type tab struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	problems []string // what the page logged as errors
}

// newTab opens one. The test is skipped where there is no browser, unless it has to run.
func newTab(t testing.TB) *tab {
	t.Helper()
	chromium.once.Do(startBrowser)
	if chromium.err != nil {
		if os.Getenv("HEADGATE_REQUIRE_SERVICES") == "1" {
			t.Fatalf("the browser cannot be started: %v", chromium.err)
		}
		t.Skipf("the browser cannot be started: %v", chromium.err)
	}
	p := &tab{t: t}
	ctx, cancel := chromedp.NewContext(chromium.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.listen))
	t.Cleanup(cancel)
	p.ctx = ctx
	p.do(chromedp.EmulateViewport(1280, 900), call(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}))
	t.Cleanup(func() {
		if t.Failed() {
			p.keep("failed")
		}
	})
	return p
}

// call is an action that runs a command of the protocol.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// listen keeps what the page complains of: exceptions, and violations of its policy.
func (p *tab) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch event := event.(type) {
	case *runtime.EventExceptionThrown:
		p.problems = append(p.problems, fmt.Sprintf("%s %+v", event.ExceptionDetails.Text, event.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		if event.Type == "error" {
			for _, arg := range event.Args {
				p.problems = append(p.problems, string(arg.Value))
			}
		}
	}
}

// complaints returns what the page has complained of.
func (p *tab) complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.problems...)
}

// within bounds what is asked of the browser.
func (p *tab) within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.ctx, patience)
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if p.ctx.Err() == nil && chromedp.FromContext(p.ctx).Target == nil { // the tab lives as long as this context
		if err := chromedp.Do(p.ctx); err != nil {
			p.t.Fatal(err)
		}
	}
	ctx, cancel := p.within()
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *tab) open(url string) {
	p.t.Helper()
	p.do(chromedp.Navigate(url))
}

// openPage opens the admin page of a daemon, and waits until it shows the books.
func (p *tab) openPage(d *daemon) {
	p.t.Helper()
	p.open(d.admin.URL() + "/ui/")
	p.until(`document.documentElement.dataset.ready === "true"`)
}

// try returns the value of an expression, or of the promise it is.
func try[T any](p *tab, expression string) (T, error) {
	ctx, cancel := p.within()
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	value, err := try[T](p, expression)
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// until waits until an expression is true.
func (p *tab) until(condition string) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if yes, err := try[bool](p, condition); err == nil && yes {
			return
		} else if time.Now().After(deadline) {
			p.t.Fatalf("it did not come true that %s: %v\nthe page says %q, and complains of %q", condition, err, p.text("main"), p.complaints())
		}
	}
}

// text returns what a person reads in an element.
func (p *tab) text(selector string) string {
	text, _ := try[string](p, fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", selector))
	return text
}

// click clicks an element, again if it has moved just then: what is above it may grow at any time.
func (p *tab) click(selector string) {
	p.t.Helper()
	watch := fmt.Sprintf(`document.addEventListener("click", (e) => { window.hit = e.target.closest(%q) !== null }, { capture: true, once: true }), window.hit = false`, selector)
	for deadline := time.Now().Add(patience); ; {
		eval[bool](p, watch)
		p.do(chromedp.Click(chromedp.CSS(selector)))
		if eval[bool](p, "window.hit") {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s cannot be clicked", selector)
		}
	}
}
