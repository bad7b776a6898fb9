package sanitize

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
)

// longText is a text of 64 KiB such as programs put into an event by mistake or in despair, and
// what must not be left of it.
type longText struct {
	name    string
	line    func(g generator, i int) string // line i, with whatever ends it
	secrets []string
}

// longTexts are made from templates: nothing in them is anybody's.
func longTexts() []longText {
	first := []string{"jane", "ada", "grace", "maria", "tomas", "li", "noor", "pavel", "ines", "kofi"}
	last := []string{"roe", "byron", "hopper", "silva", "novak", "wei", "haddad", "ivanov", "costa", "mensah"}
	word := []string{"request", "handler", "connection", "worker", "session", "payload", "cache", "index", "retry", "upstream", "flow", "component", "timeout", "result", "batch", "vector", "model", "prompt"}
	w := func(g generator) string { return g.pick(word...) }
	ip := func(g generator) string {
		return fmt.Sprintf("%d.%d.%d.%d", 11+g.IntN(150), g.IntN(256), g.IntN(256), 1+g.IntN(250))
	}
	stamp := func(g generator, i int) string {
		return fmt.Sprintf("2026-07-%02dT%02d:%02d:%02d.%03dZ", 1+i%28, g.IntN(24), g.IntN(60), g.IntN(60), g.IntN(1000))
	}
	secret := "gh" + "p_" + strings.Repeat("a1B2", 9)
	uuid := func(g generator) string {
		return g.of(hexSet, 8) + "-" + g.of(hexSet, 4) + "-4" + g.of(hexSet, 3) + "-a" + g.of(hexSet, 3) + "-" + g.of(hexSet, 12)
	}
	return []longText{
		{"Go stack traces", func(g generator, i int) string {
			return fmt.Sprintf("goroutine %d [chan receive, %d minutes]:\nexample.org/app/internal/%s.(*%s).run(0xc000%s, {0x%s, 0x%s})\n\t/home/jane/src/app/internal/%s/%s.go:%d +0x%s\ncreated by example.org/app/cmd/serve.main in goroutine 1\n\t/usr/local/go/src/runtime/proc.go:%d +0x%s\n",
				g.IntN(900), g.IntN(50), w(g), w(g), g.of(hexSet, 6), g.of(hexSet, 6), g.of(hexSet, 2), w(g), w(g), g.IntN(800), g.of(hexSet, 3), g.IntN(300), g.of(hexSet, 2))
		}, []string{"jane"}},
		{"Java stack traces", func(g generator, i int) string {
			if i%30 == 0 {
				return fmt.Sprintf("Caused by: java.io.FileNotFoundException: /home/jane/data/%s.db (No such file or directory)\n", w(g))
			}
			return fmt.Sprintf("\tat org.example.%s.%sService$$Lambda$%d/0x%s.invoke(%sService.java:%d) ~[app-%d.%d.jar:na]\n", w(g), w(g), g.IntN(90), g.of(hexSet, 16), w(g), g.IntN(900), g.IntN(9), g.IntN(30))
		}, []string{"jane"}},
		{"Python stack traces", func(g generator, i int) string {
			return fmt.Sprintf("  File \"/home/jane/.venv/lib/python3.12/site-packages/%s/%s.py\", line %d, in %s_%s\n    return await self.%s(%s, %s=%s)\n           ^^^^^^^^^^^^^^^^^^^\n", w(g), w(g), g.IntN(900), w(g), w(g), w(g), w(g), w(g), w(g))
		}, []string{"jane"}},
		{"a log in logfmt", func(g generator, i int) string {
			return fmt.Sprintf("time=%s level=info msg=\"%s %s done\" request_id=%s user=%d duration=%dms status=200 bytes=%d path=/api/v1/%s\n", stamp(g, i), w(g), w(g), uuid(g), g.IntN(9000), g.IntN(900), g.IntN(90000), w(g))
		}, nil},
		{"a log in JSON", func(g generator, i int) string {
			return fmt.Sprintf(`{"ts":"%s","level":"warn","logger":"app.%s","msg":"%s %s failed","request_id":"%s","tokens_used":%d,"user":{"id":%d,"email":"%s.%s@example.org"}}`+"\n", stamp(g, i), w(g), w(g), w(g), uuid(g), g.IntN(9000), g.IntN(9000), g.pick(first...), g.pick(last...))
		}, []string{"@example.org"}},
		{"an access log", func(g generator, i int) string {
			return fmt.Sprintf("%s - - [18/Jul/2026:%02d:%02d:%02d +0000] \"GET /api/v1/%s/%d?page=%d&sort=desc HTTP/1.1\" %d %d \"https://app.example.org/%s\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36\"\n",
				ip(g), g.IntN(24), g.IntN(60), g.IntN(60), w(g), g.IntN(9000), g.IntN(90), 200+g.IntN(300), g.IntN(90000), w(g))
		}, nil},
		{"a table of people", func(g generator, i int) string {
			if i == 0 {
				return "id,name,email,created,plan\n"
			}
			f, l := g.pick(first...), g.pick(last...)
			return fmt.Sprintf("%d,%s %s,%s.%s%d@example.org,2026-07-%02d,%s\n", i, f, l, f, l, g.IntN(90), 1+g.IntN(28), g.pick("free", "team", "business"))
		}, []string{"@example.org"}},
		{"HTML", func(g generator, i int) string {
			return fmt.Sprintf("<div class=\"card card-%s\" id=\"c%d\"><a href=\"/docs/%s?tab=%s&amp;page=%d\" data-key=\"%s\">%s &amp; %s</a><p>The %s of a %s is told to its %s.</p></div>\n", w(g), i, w(g), w(g), g.IntN(40), w(g), w(g), w(g), w(g), w(g), w(g))
		}, nil},
		{"a diff", func(g generator, i int) string {
			switch i % 12 {
			case 0:
				return fmt.Sprintf("diff --git a/internal/%[1]s/%[2]s.go b/internal/%[1]s/%[2]s.go\nindex %[3]s..%[4]s 100644\n--- a/internal/%[1]s/%[2]s.go\n+++ b/internal/%[1]s/%[2]s.go\n@@ -%[5]d,7 +%[5]d,9 @@ func (s *Server) %[2]s(ctx context.Context) error {\n", w(g), w(g), g.of(hexSet, 10), g.of(hexSet, 10), g.IntN(900))
			case 5:
				return fmt.Sprintf("+\tif token := s.%s.Token(ctx); token == \"\" {\n", w(g))
			}
			return fmt.Sprintf("%s\t\t%s, err := s.%s.%s(ctx, %q, %s.Key)\n", g.pick(" ", " ", "+", "-"), w(g), w(g), w(g), w(g), w(g))
		}, nil},
		{"settings in an environment file", func(g generator, i int) string {
			switch i % 4 {
			case 0:
				return fmt.Sprintf("# how many of a %s\n%s_%s_LIMIT=%d\n", w(g), strings.ToUpper(w(g)), strings.ToUpper(w(g)), g.IntN(900))
			case 1:
				return fmt.Sprintf("%s_API_KEY=%s\n", strings.ToUpper(w(g)), g.of(alnumSet, 32))
			case 2:
				return fmt.Sprintf("%s_URL=postgres://%s:%s@db.example.org:5432/%s?sslmode=require\n", strings.ToUpper(w(g)), w(g), secret[8:30], w(g))
			}
			return fmt.Sprintf("%s_ENABLED=true\n%s_HOST=%s.internal.example.org\n", strings.ToUpper(w(g)), strings.ToUpper(w(g)), w(g))
		}, []string{secret[8:30]}},
		{"JSON", func(g generator, i int) string {
			switch i {
			case 0:
				return `{"version":3,"items":[`
			case lastLine:
				return `{"id":0,"api_key":"` + secret + `"}]}`
			}
			return fmt.Sprintf(`{"id":%d,"name":"%s-%s","enabled":%t,"tags":["%s","%s"],"limits":{"max_tokens":%d,"ratio":%d.%d},"note":"the %s of the %s"},`, i, w(g), w(g), i%2 == 0, w(g), w(g), g.IntN(9000), g.IntN(9), g.IntN(999), w(g), w(g))
		}, []string{secret}},
		{"URLs with parameters", func(g generator, i int) string {
			q := url.Values{"q": {w(g) + " & " + w(g)}, "page": {fmt.Sprint(g.IntN(90))}, "utm_source": {w(g)}, "redirect": {"https://www.example.com/" + w(g) + "?a=" + w(g)}}
			if i%10 == 0 {
				q.Set("token", g.of(hexSet, 32))
			}
			return "https://app.example.org/" + w(g) + "/" + w(g) + "?" + q.Encode() + "\n"
		}, nil},
		{"private keys", func(g generator, i int) string {
			switch i % 28 {
			case 0:
				return "-----BEGIN " + "RSA PRIVATE KEY-----\n"
			case 27:
				return "-----END " + "RSA PRIVATE KEY-----\n"
			}
			return g.of(b64Set, 64) + "\n"
		}, nil},
		{"what kubectl prints", func(g generator, i int) string {
			return fmt.Sprintf("- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: %[1]s-%[2]s\n    namespace: default\n    uid: %[3]s\n    labels:\n      app.kubernetes.io/name: %[1]s\n  spec:\n    containers:\n    - image: registry.example.org/team/%[1]s@sha256:%[4]s\n      env:\n      - name: DB_PASSWORD\n        valueFrom:\n          secretKeyRef:\n            key: password\n            name: %[1]s-db\n      resources:\n        limits:\n          memory: 512Mi\n  status:\n    podIP: 10.%[5]d.%[6]d.%[7]d\n    phase: Running\n",
				w(g), g.of(hexSet, 10), uuid(g), g.of(hexSet, 64), g.IntN(256), g.IntN(256), g.IntN(256))
		}, nil},
		{"a dump of SQL", func(g generator, i int) string {
			return fmt.Sprintf("INSERT INTO users (id, email, password_hash, created_at) VALUES (%d, '%s.%s@example.org', '$2b$12$%s', '2026-07-%02d 10:00:00');\n", i, g.pick(first...), g.pick(last...), g.of(alnumSet, 53), 1+g.IntN(28))
		}, []string{"@example.org"}},
		{"prose", func(g generator, i int) string {
			return fmt.Sprintf("The %s of the %s waits for a %s, which is why the %s does not return before its %s has. ", w(g), w(g), w(g), w(g), w(g))
		}, nil},
		{"Chinese prose", func(g generator, i int) string {
			return g.pick("模型", "请求", "组件", "向量", "会话") + g.pick("已经", "没有", "正在", "应该") + g.pick("返回", "处理", "发送", "保存") + g.pick("结果", "数据", "消息") + g.pick("，", "。", "；")
		}, nil},
		{"Markdown", func(g generator, i int) string {
			switch i % 6 {
			case 0:
				return fmt.Sprintf("\n## The %s\n\n", w(g))
			case 3:
				return fmt.Sprintf("* `%s`: the [%s](https://docs.example.org/%s#%s) of a %s.\n", w(g), w(g), w(g), w(g), w(g))
			case 5:
				return fmt.Sprintf("```sh\ncurl -H \"Authorization: Bearer $TOKEN\" https://api.example.org/v1/%s\n```\n", w(g))
			}
			return fmt.Sprintf("The %s is made for each %s and its %s; see the %s.\n", w(g), w(g), w(g), w(g))
		}, nil},
	}
}

// lastLine asks a template for what ends its text.
const lastLine = -1

// text makes 64 KiB of it.
func (l longText) text(size int) string {
	g := generator{rand.New(rand.NewPCG(21, 11))}
	var b strings.Builder
	last := l.line(g, lastLine)
	if l.name != "JSON" {
		last = ""
	}
	for i := 0; ; i++ {
		line := l.line(g, i)
		if b.Len()+len(line)+len(last) > size {
			break
		}
		b.WriteString(line)
	}
	b.WriteString(last)
	return b.String()
}

// allLongTexts are the texts by what they are, and some wrapped as programs do.
func allLongTexts() map[string]string {
	texts := map[string]string{}
	for _, l := range longTexts() {
		texts[l.name] = l.text(maxString)
	}
	texts["base64 of a log"] = base64.StdEncoding.EncodeToString([]byte(texts["a log in logfmt"]))[:maxString]
	quoted, _ := json.Marshal(texts["a log in JSON"][:maxString*3/4])
	texts["a log in JSON, quoted"] = string(quoted)
	texts["a log in JSON, escaped"] = string(quoted[1 : len(quoted)-1])
	texts["a log, percent-encoded"] = url.QueryEscape(texts["an access log"])[:maxString]
	texts["a list in JSON"] = strings.TrimSuffix(texts["JSON"][len(`{"version":3,"items":`):], "}")
	return texts
}
