package ga4

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNamesBecomeWhatGA4Takes(t *testing.T) {
	long := strings.Repeat("a", 45)
	for in, want := range map[string]string{
		"run": "run", "Flow Run": "Flow_Run", "flow.run": "flow_run", "flow-run": "flow_run",
		"error": "x_error", "Error": "x_Error", "1st_run": "x_1st_run", "ga_session": "x_ga_session",
		"_private": "private", "session_start": "x_session_start", "日本語": "x_77710aed",
		long: strings.Repeat("a", 31) + "_52789e34", "page_view": "page_view", "screen_view": "screen_view",
		"gtag.js": "x_gtag_js", "a  --  b": "a_b", "a__b": "a__b", "Firebase_x": "x_Firebase_x",
		strings.Repeat("a", 40): strings.Repeat("a", 40), "é1": "x_1", "user_engagement": "x_user_engagement",
	} {
		if got := eventRules(false).valid(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	if got := eventRules(true).valid("screen_view"); got != "x_screen_view" {
		t.Errorf("in an app stream screen_view becomes %q", got)
	}
	for in, want := range map[string]string{"error": "error", "firebase_conversion": "x_firebase_conversion", "": "x_e3b0c442"} {
		if got := paramRules().valid(in); got != want {
			t.Errorf("as a parameter %q becomes %q, want %q", in, got, want)
		}
	}
	userProperty := nameRules{max: 24}
	if got := userProperty.valid(long); got != strings.Repeat("a", 15)+"_52789e34" {
		t.Errorf("with at most 24 characters: %q", got)
	}
}

func TestNamesThatWouldCollideStayApart(t *testing.T) {
	taken := map[string]bool{}
	for _, c := range []struct{ in, want string }{
		{"flow.run", "flow_run"}, {"flow-run", "flow_run_" + digest("flow-run")}, {"flow run", "flow_run_" + digest("flow run")},
		{strings.Repeat("b", 40), strings.Repeat("b", 40)},
		{strings.Repeat("b", 40) + ".", strings.Repeat("b", 31) + "_" + digest(strings.Repeat("b", 40)+".")},
		{"a_b", "a_b"}, {"a_b", "a_b_" + digest("a_b")}, {"a_b", "a_b_" + digest("a_b\x002")},
	} {
		if got := paramRules().distinct(c.in, taken); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, seed := range []string{"", "run", "日本語", "_", "ga_ga_", "ERROR", "\xff", strings.Repeat("x_", 30), "firebase_conversion", "9"} {
		f.Add(seed, seed)
	}
	form := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,39}$`)
	google := regexp.MustCompile(`^(?i)(ga_|google_|firebase_|gtag_)`)
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, rules := range []nameRules{eventRules(false), eventRules(true), paramRules()} {
			name := rules.valid(a)
			if !form.MatchString(name) || google.MatchString(name) || rules.reserved[strings.ToLower(name)] {
				t.Fatalf("%q becomes %q", a, name)
			}
			if again := rules.valid(name); again != name {
				t.Fatalf("%q becomes %q, and that %q", a, name, again)
			}
			taken := map[string]bool{}
			first, second := rules.distinct(a, taken), rules.distinct(b, taken)
			if first == second || !form.MatchString(second) {
				t.Fatalf("%q and %q become %q and %q", a, b, first, second)
			}
			if form.MatchString(a) && !rules.isReserved(a) && name != a {
				t.Fatalf("%q, which is fine, becomes %q", a, name)
			}
		}
	})
}

func FuzzCutText(f *testing.F) {
	f.Add("abc", 2)
	f.Add("äöü", 2)
	f.Add("日本語", 3)
	f.Fuzz(func(t *testing.T, text string, most int) {
		most = min(max(most, 0), 1000)
		got, cut := cutText(text, most)
		if n := utf8.RuneCountInString(text); !strings.HasPrefix(text, got) || cut != (n > most) || utf8.RuneCountInString(got) != min(n, most) {
			t.Errorf("%q cut at %d: %q, %v", text, most, got, cut)
		}
	})
}
