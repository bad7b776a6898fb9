package sanitize

import (
	"strings"
	"testing"
	"time"
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
	rows := readCorpus(b, "dev_events.jsonl.gz")
	for _, clean := range []bool{true, false} {
		name := map[bool]string{true: "clean", false: "dirty"}[clean]
		b.Run(name, func(b *testing.B) {
			var events [][]byte
			for _, r := range rows {
				if r.Clean == clean {
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
	}
}

func BenchmarkWorstCases(b *testing.B) {
	for name, text := range worstCases() {
		b.Run(name, func(b *testing.B) {
			e := newSanitizer(b, Options{}).Encoder()
			m := map[string]any{"text": text}
			buf := make([]byte, 0, 8*maxString)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				buf = e.AppendMap(buf[:0], m)
			}
		})
	}
}

// The bound is far above what is needed and far below what reading the text again
// from every candidate would take.
func TestTheWorstTextsTakeLinearTime(t *testing.T) {
	e := newSanitizer(t, Options{}).Encoder()
	defer e.Release()
	for name, text := range worstCases() {
		start := time.Now()
		checkJSON(t, e.AppendMap(nil, map[string]any{"text": text, "password": text[:min(len(text), 9000)]}))
		if d := time.Since(start); d > 500*time.Millisecond {
			t.Errorf("%s takes %v", name, d)
		}
	}
}
