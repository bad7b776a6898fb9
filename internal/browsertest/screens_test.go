package browsertest

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/headgate-dev/headgate/core"
)

// pictures is where screenshots are kept, to be looked at.
var pictures = sync.OnceValue(func() string {
	dir := os.Getenv("HEADGATE_SCREENSHOTS")
	if dir == "" {
		dir, _ = os.MkdirTemp("", "headgate-screens-")
	}
	return dir
})

// keep takes a picture of the whole page.
func (p *tab) keep(name string) []byte {
	ctx, cancel := p.within()
	defer cancel()
	data, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Logf("no picture of %s: %v", name, err)
		return nil
	}
	file := filepath.Join(pictures(), strings.ReplaceAll(p.t.Name(), "/", "_")+"-"+name+".png")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		p.t.Log(err)
	}
	p.t.Logf("a picture is at %s", file)
	return data
}

// troubled is a daemon in whose page there is something of everything.
func troubled(t testing.TB) *daemon {
	good, slow, bad := &sink{}, &sink{}, &sink{}
	slow.set(func([]core.Sealed) error { return errors.New("the warehouse answers 503: try again later") })
	bad.set(func(batch []core.Sealed) error {
		partial := &core.BatchError{Failed: map[int]error{}}
		for i := range batch {
			if batch[i].Name() == "checkout" {
				partial.Failed[i] = core.Permanent(errors.New("HTTP 400: the property currency is not known"))
			}
		}
		return partial
	})
	picky := local("eu-mixpanel", "mixpanel", bad)
	picky.Events = []string{"!component"}
	d := start(t, core.Config{Sinks: []core.SinkConfig{local("log", "log", good), picky, local("warehouse", "warehouse", slow), local("ga4", "ga4", &sink{})}}, nil)
	if err := d.dispatcher.Pause("ga4"); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *daemon) someEvents(from, n int) {
	var events []event
	for i := from; i < from+n; i++ {
		name := []string{"run", "component", "signup", "checkout", "playground"}[i%5]
		e := event{ID: fmt.Sprintf("event-%d", i), Name: name, Properties: map[string]any{"plan": "pro", "runSeconds": i, "trialEnd": nil, "tags": []string{"a", "b"}}}
		if i%3 == 0 {
			e.Properties["email"] = "ada@example.com"
			e.Properties["note"] = "please write to ada@example.com about " + strings.Repeat("x", 40)
		}
		events = append(events, e)
	}
	d.post(events...)
}

// screens are the four in which the page is looked at.
var screens = []struct {
	name   string
	scheme string
	width  int64
}{{"light-wide", "light", 1280}, {"dark-wide", "dark", 1280}, {"light-narrow", "light", 360}, {"dark-narrow", "dark", 360}}

func (p *tab) screen(scheme string, width int64) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, 900), call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	}))
}

func TestThePageLooksRightLightAndDarkNarrowAndWide(t *testing.T) {
	t.Parallel()
	d := troubled(t)
	p := newTab(t)
	p.openPage(d)
	d.someEvents(0, 10)
	p.until(`document.querySelectorAll("#event-list > li").length >= 10 && document.querySelectorAll("#letter-rows tr").length >= 2`)
	p.click(`#event-list > li[data-id="event-3"] button`)
	luminance := map[string]float64{}
	for _, s := range screens {
		p.screen(s.scheme, s.width)
		over := eval[string](p, `[...document.querySelectorAll("body *")].filter((e) => {
			const r = e.getBoundingClientRect();
			return r.right > innerWidth + 0.5 && r.width > 0 && !e.closest(".scroll, pre, nav, .sr");
		}).map((e) => e.tagName + "." + e.className + " " + e.getBoundingClientRect().right).slice(0, 5).join(", ")`)
		if wide := eval[int](p, `document.documentElement.scrollWidth`); int64(wide) > s.width || over != "" {
			t.Errorf("%s: the page is %d px wide of %d; beyond the edge are %s", s.name, wide, s.width, over)
		}
		eval[bool](p, `scrollTo(0, 0), true`)
		img, err := png.Decode(bytes.NewReader(p.keep(s.name)))
		if err != nil {
			t.Fatal(err)
		}
		shades, light := measure(img)
		if shades < 50 {
			t.Errorf("%s: the picture has %d shades: it is blank", s.name, shades)
		}
		luminance[s.name] = light
	}
	if luminance["light-wide"] < 0.8 || luminance["dark-wide"] > 0.25 || luminance["light-narrow"] < 0.8 || luminance["dark-narrow"] > 0.25 {
		t.Errorf("how light the pictures are: %v", luminance)
	}
	if got := p.complaints(); len(got) > 0 {
		t.Errorf("the page complains of %q", got)
	}
}

// measure returns how many colours a picture has, and how light it is from 0 to 1.
func measure(img image.Image) (shades int, light float64) {
	seen := map[[3]uint32]bool{}
	b := img.Bounds()
	n := 0
	for y := b.Min.Y; y < b.Max.Y; y += 3 {
		for x := b.Min.X; x < b.Max.X; x += 3 {
			r, g, bl, _ := img.At(x, y).RGBA()
			seen[[3]uint32{r, g, bl}] = true
			light += float64(r+g+bl) / (3 * 0xffff)
			n++
		}
	}
	return len(seen), light / float64(n)
}
