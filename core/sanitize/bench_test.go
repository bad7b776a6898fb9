package sanitize

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/sanitize/internal/corpus"
)

// cleanEvent has the size and shape of the event of the benchmarks of the project:
// 8 properties of mixed types, about 468 bytes with its context.
const cleanEvent = `{"event":"run","user_id":"585c3d49-b896-4d54-8941-714f5f6a0474","timestamp":"2026-07-18T17:26:01.111Z","properties":{"runIsWebhook":false,` +
	`"runSeconds":247,"runSuccess":true,"runErrorMessage":"","flow_id":"0b8babf3-7d26-4ec6-9200-023000532978","tokens_used":7410,` +
	`"componentName":"OpenAIEmbeddings","model":"gpt-4o-mini"},"context":{"app":{"name":"langflow","version":"2.9.13"},"os":{"name":"windows"},` +
	`"library":{"name":"headgate-go","version":"0.3.1"},"locale":"en-GB"}}`

func BenchmarkCleanEvent(b *testing.B) {
	e := newSanitizer(b, Options{}).Encoder()
	in := []byte(cleanEvent)
	buf := make([]byte, 0, 4096)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = e.AppendObject(buf[:0], in)
	}
}

func BenchmarkCorpusEvents(b *testing.B) {
	var rows []corpus.Row
	for _, given := range givenCorpora(b) {
		rows = append(rows, given...)
	}
	for _, set := range corpus.Sets() {
		_, events := set.Rows(1)
		rows = append(rows, events...)
	}
	for _, clean := range []bool{true, false} {
		name := map[bool]string{true: "clean", false: "dirty"}[clean]
		b.Run(name, func(b *testing.B) {
			var events [][]byte
			for _, r := range rows {
				if r.Event != nil && r.Clean == clean {
					events = append(events, r.Event)
				}
			}
			e := newSanitizer(b, Options{}).Encoder()
			buf := make([]byte, 0, 4096)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				buf, _ = e.AppendObject(buf[:0], events[i%len(events)])
				i++
			}
		})
	}
}

// worstCases are texts that keep some verifier busy.
func worstCases() map[string]string {
	fill := func(unit string) string { return strings.Repeat(unit, maxString/len(unit)) }
	return map[string]string{
		"equals": fill("="), "colons": fill(":"), "at": fill("@"), "digits": fill("7"), "base64": fill("QUJD"), "key=": fill("key="), "token ": fill("token "),
		"password=": fill("password="), "password: ": fill("password: "), "a@": fill("a@"), "a@b.": fill("a@b."), "://": fill("://"), "a:b@": fill("a:b@"),
		"x://a:b": fill("x://a:b"), "?a=": fill("?a="), "&key=x": fill("&key=x"), "%40": fill("%40"), "%25": fill("%25"), "backslash u": fill(`\u0041`), "quotes": fill(`"`),
		"eyJ": fill("eyJ"), "eyJa.": fill("eyJhbGciOiJI."), "begin": fill("-----BEGIN "), "private": fill("-----BEGIN PRIVATE KEY "), "home": fill("/home/"), "users": fill(`C:\Users\`),
		"dots": fill("1.2.3."), "hex": fill("a1:b2:"), "spaces": fill(" "), "digits and spaces": fill("1234 "), "plus": fill("+1 "), "brackets": fill("(1) "), "json": fill("["),
		"json objects": fill(`{"a":`), "names": fill("pass_word-"), "xkeysib": fill("sk-"), "-u a:b": fill(" -u a:b"), "basic": fill("basic QUJD"), "bearer": fill("bearer "),
		"macbook": fill("macbook"), "entities": fill("&#64;"), "letters": fill("a"), "cookie: a=b;": fill("cookie: a=b;"), "nul": fill("\x00"), "backslashes": fill(`\`),
		"escaped quotes": fill(`\"`), "password\":\"": fill(`password":"`), "<password>": fill("<password>"), "emoji": fill("😀"), "zero width": fill("a\u200b"), "full width": fill("ａ"),
		"mysql -p": fill("mysql -p x"), "insert": fill("(password) values ("), "values": fill(") values ('x',"), "pgpass": fill("a:5432:"), "reset": fill("/reset/"), "identified": fill("identified by '"),
		"putty": fill("private-lines:"), "for": fill("password for "), "password <": fill("<password "), "seed": fill("seed abandon "), "name=": fill("name=\"token\"\n"), "cred /": fill("cred: a / "),
		// Found by looking for what takes longest.
		"tokens in brackets": fill("[[SWMTKN-a@b.co"), "mail and escapes": fill(`/a@b.co%41\u0041`), "two runs": fill("#signkey-xoxp-pscale_oauth_"), "three runs": fill("eyJrIjoighs_\u200b"),
		"machines": fill("s-pc"), "machines wrapped": fill("/home//mac-proQUJD\u200b%41"), "vcard": fill("begin:vcard\nfn:x\n"), "columns": fill("token,a\n"), "codes": fill("code is your "),
		"blocks": fill("token { default = "), "echo": fill("echo --password-stdin "), "vault": fill("$ANSIBLE_VAULT;\n"), "sn": fill("sn: a\n"), "login": fill("LOGIN a b1\n"), "arrows": fill("token⇒"),
		"net use": fill("net use "), "htpasswd": fill("htpasswd -b "), "calls": fill("new pdo(('"), "brackets of calls": fill("new pdo((')))"), "leaders": fill("key…....:"), "names that repeat words": fill("taxshenfenzhenghaofo1_1.2.3.4⇒valuescislo"), "names of numbers": fill("КЛЮЧetuni4111111111111111-mbp8.8.4.41.2.3.4 Ab1wohnort"),
		"hosts": fill("github-oauth."), "bearers": fill("bearer+"), "input": fill("input_value="), "passwords at": fill("#%40"), "all escapes": fill(` addr\x41+ls__\u200b%2520%5Cu0041&#64;ahv -u a@b.co`),
		"tokens and escapes": fill("tskey-,%2520bearer%20…eyJhIjoiYiJ9net user "), "keys and escapes": fill(`gaid"00:1a:2b:3c:4d:5eадресglagent-%2520`),
		"new paths": filled([]string{"/invite/4111111111111111%25κωδικοσ%2fhome%2f"}, maxString, true), "new keys": filled([]string{"key-\u200b&amp;default%22{ssha256}identified by "}, maxString, true),
		"new cards and escapes": filled([]string{"chat.googleapis.com/v1/spaces/éа</%![4111111111111111%25"}, maxString, true), "new numbers": filled([]string{"а['hooks.slack.com/triggers/]%2520]=>+49 30 1234567"}, maxString, true),
		"new names": filled([]string{"PRIVATE KEYtajszamdocuments and settings\\@HASŁOmysql…%5Cu0041"}, maxString, true), "new cards": filled([]string{"tarjetamighageambmg0xembg]=>=%5Cu0041LTAIjmeno"}, maxString, true), "dots of a leader": ("key" + fill("."))[:maxString], "born": fill("né le 1"),
	}
}

func BenchmarkWorstCases(b *testing.B) { benchmarkTexts(b, worstCases()) }

// Four times the text may take four times as long, not sixteen. Each time is the
// shortest of several, and a ratio that is too large is measured again: the machine may
// be busy.
func TestTheWorstTextsTakeLinearTime(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes time of its own")
	}
	e := newSanitizer(t, Options{}).Encoder()
	defer e.Release()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	buf := make([]byte, 0, 8*maxString)
	quickest := func(text string) time.Duration {
		best := time.Duration(1 << 62)
		for range 3 {
			clear(e.names) // a short text has few enough to be remembered
			start := threadTime()
			buf = e.AppendMap(buf[:0], map[string]any{"text": text})
			best = min(best, threadTime()-start)
		}
		return best
	}
	for name, text := range worstCases() {
		checkJSON(t, e.AppendMap(nil, map[string]any{"text": text, "password": text[:min(len(text), 9000)]}))
		ratio := 0.0
		for range 5 {
			if ratio = float64(quickest(text)) / float64(quickest(text[:len(text)/4])); ratio < 9 {
				break
			}
		}
		if ratio >= 9 {
			t.Errorf("%s: four times the text takes %.1f times as long", name, ratio)
		}
	}
}
