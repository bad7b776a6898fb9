package sanitize

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// signsAndValues are what stands between what the automaton looks for.
var signsAndValues = []string{"=", ": ", ":", " ", "\"", "'", "`", "{", "}", "[", "]", "(", ")", "<", ">", "</", "\\", `\"`, `\n`, "\n", "\r\n", ",", ";", "|", "&", "?", "#", "/", "//", "@", "%", "%40", "%3D", "%22", "%2520", "%25", "%5Cu0041", "\u200b", "é", "⇒",
	"«", "密码", "а", "ａ", "a", "Ab1", "x7Kq2Zp9Lm4T", "Maple1234!", "12345678", "4111111111111111", "1.2.3.4", "8.8.4.4", "2001:db8::1", "-", "--", "$", "!", "*", "~", ".", "…", "0x", "null", "https://", "jane@example.org", "a@b.co", "+49 30 1234567",
	"-----", "PRIVATE KEY", "string(12)", "<![CDATA[", "]]>", ">>", "<<", `"""`, "|\n", "value", "default", "name", "]=>", "&amp;", "&#64;", `\u0041`, `\x41`, `\u0025`, "+", "QUJDREVGR0hJSktMTU5P", "eyJhIjoiYiJ9", "00:1a:2b:3c:4d:5e", "\x00", "\xff", "😀", "(8)=", "['"}

// fragments are what texts that take long may be made of.
func fragments() []string {
	all := slices.Clone(signsAndValues)
	for _, l := range literals() {
		all = append(all, l.text)
		if l.vendor != nil {
			all = append(all, l.vendor.prefix)
		}
	}
	return all
}

// mutate changes a unit, which is what a text repeats.
func mutate(rng *rand.Rand, unit, all []string) []string {
	next := append([]string(nil), unit...)
	pick := func() string {
		n := len(all)
		if rng.IntN(2) == 0 {
			n = len(signsAndValues)
		}
		return all[rng.IntN(n)]
	}
	for range 1 + rng.IntN(2) {
		switch at := rng.IntN(len(next)); rng.IntN(5) {
		case 0, 1:
			next[at] = pick()
		case 2:
			if len(next) > 1 {
				next = append(next[:at], next[at+1:]...)
			}
		case 3:
			if len(next) < 12 {
				next = append(next[:at], append([]string{pick()}, next[at:]...)...)
			}
		default:
			other := rng.IntN(len(next))
			next[at], next[other] = next[other], next[at]
		}
	}
	return next
}

// filled repeats a unit; with vary, a number after each makes what it says new every time.
func filled(unit []string, size int, vary bool) string {
	one := strings.Join(unit, "")
	if one == "" {
		one = " "
	}
	if !vary {
		return strings.Repeat(one, size/len(one)+1)[:size]
	}
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%s%x", one, i)
	}
	return b.String()[:size]
}

// costOf cleans a text within its budget, and returns how many steps it was given and took.
func costOf(e *Encoder, buf []byte, text string, k keyInfo) (out []byte, given, taken int) {
	e.begin(nil)
	e.allot(len(text))
	e.copies.begin()
	given = e.left
	out = e.cleaned(buf[:0], text, k, place{})
	taken = given - e.left
	e.reset()
	return out, given, taken
}

// climb changes a unit as long as that makes the texts it fills take more, as rate says, and then
// for a while.
func climb(rng *rand.Rand, all []string, patience int, rate func(unit []string, vary bool) float64) (unit []string, vary bool, most float64) {
	for range 12 {
		u, v := []string{all[rng.IntN(len(signsAndValues))], all[rng.IntN(len(all))], all[rng.IntN(len(all))]}, rng.IntN(4) == 0
		if r := rate(u, v); r > most {
			unit, vary, most = u, v, r
		}
	}
	for fails := 0; fails < patience; fails++ {
		u, v := mutate(rng, unit, all), vary != (rng.IntN(20) == 0)
		if r := rate(u, v); r > most*1.01 && rate(u, v) > most*1.01 {
			unit, vary, most, fails = u, v, r, 0
		}
	}
	return unit, vary, most
}

// classesOfValues are those that a text may be cleaned for, some of which look at it as a whole.
var classesOfValues = []class{classNone, classNone, classID, classRoute, classError, classCookie, classIP, classSecret, classPassword, classEmail, classPerson, classAddress, classGeo}

// However a text is made, the work stops when the budget is spent: what one verifier does before that
// is noticed is a small part of it.
func TestNoTextTakesMoreThanItsBudget(t *testing.T) {
	e := newSanitizer(t, Options{}).Encoder()
	defer e.Release()
	rng := rand.New(rand.NewPCG(31, 1))
	all, spent := fragments(), 0
	buf := make([]byte, 0, 8*maxString)
	check := func(text string, k keyInfo) float64 {
		_, given, taken := costOf(e, buf, text, k)
		if taken > given {
			spent++
		}
		if taken > given+given/10 {
			t.Errorf("%d steps of %d: %.100q, class %d", taken, given, text, k.class)
		}
		return float64(taken)
	}
	for range rounds(20) {
		k := keyInfo{class: classesOfValues[rng.IntN(len(classesOfValues))]}
		climb(rng, all, 25, func(unit []string, vary bool) float64 { return check(filled(unit, 16<<10, vary), k) })
	}
	for name, text := range worstCases() {
		if raceDetector && len(name)%8 != 0 {
			continue
		}
		for _, c := range [...]class{classNone, classCookie, classSecret, classAddress} {
			check(text, keyInfo{class: c})
		}
	}
	if spent < 3 {
		t.Errorf("the budget was spent %d times only: this tries nothing", spent)
	}
}

// TestTheWorstText looks for what takes longest within its budget, with HEADGATE_LONG, for some minutes:
//
//	HEADGATE_LONG=1 go test -run TheWorstText -v ./core/sanitize
func TestTheWorstText(t *testing.T) {
	if os.Getenv("HEADGATE_LONG") == "" {
		t.Skip("HEADGATE_LONG asks for it")
	}
	e := newSanitizer(t, Options{}).Encoder()
	defer e.Release()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	all, buf := fragments(), make([]byte, 0, 8*maxString)
	worst := 0.0
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); {
		k := keyInfo{class: classesOfValues[rng.IntN(len(classesOfValues))]}
		unit, vary, most := climb(rng, all, 100, func(unit []string, vary bool) float64 {
			text := filled(unit, maxString, vary)
			start := threadTime()
			buf, _, _ = costOf(e, buf, text, k)
			return (threadTime() - start).Seconds()
		})
		if most > worst {
			worst = most
			_, _, taken := costOf(e, buf, filled(unit, maxString, vary), k)
			t.Logf("%.1f MB/s, %.1f ms of a processor, %.2f ns a step: %q, numbered %v, class %d", maxString/1e6/most, most*1e3, most*1e9/float64(taken), strings.Join(unit, ""), vary, k.class)
		}
	}
}
