package corpus

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"net/url"
	"strings"
	"time"
)

// makers are the named fields of a template.
var makers map[string]func(*generator) string

func init() { // not in the declaration: makers are made of templates, which are made of makers
	makers = map[string]func(*generator) string{
		"uuid":    func(g *generator) string { return g.uuid() },
		"UUID":    func(g *generator) string { return strings.ToUpper(g.uuid()) },
		"ulid":    func(g *generator) string { return "01J" + g.of("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 23) },
		"iso":     func(g *generator) string { return g.time().Format(time.RFC3339) },
		"isoms":   func(g *generator) string { return g.time().Format("2006-01-02T15:04:05.000Z") },
		"date":    func(g *generator) string { return g.time().Format(time.DateOnly) },
		"rfc1123": func(g *generator) string { return g.time().Format("Mon, 02 Jan 2006 15:04:05 GMT") },
		"clf":     func(g *generator) string { return g.time().Format("02/Jan/2006:15:04:05 -0700") },
		"clock":   func(g *generator) string { return g.time().Format("15:04:05") },
		"epoch":   func(g *generator) string { return fmt.Sprint(g.time().Unix()) },
		"epochms": func(g *generator) string { return fmt.Sprint(g.time().UnixMilli()) },
		"epochns": func(g *generator) string { return fmt.Sprint(g.time().UnixNano()) },
		"birth":   func(g *generator) string { return g.birth("2006-01-02") },
		"birthdmy": func(g *generator) string {
			return g.birth(g.pick("02.01.2006", "02/01/2006", "2 January 2006", "02-Jan-2006", "20060102"))
		},
		"semver": func(g *generator) string { return g.fill("«n:0-12».«n:0-30».«n:0-20»").text },

		"word":   func(g *generator) string { return pickWord(g, plainWords) },
		"noun":   func(g *generator) string { return pickWord(g, plainWords) },
		"first":  func(g *generator) string { return pickWord(g, firstNames) },
		"last":   func(g *generator) string { return pickWord(g, lastNames) },
		"name":   func(g *generator) string { return g.fill("«first» «last»").text },
		"login":  func(g *generator) string { return g.login() },
		"domain": func(g *generator) string { return pickWord(g, domains) },
		"host": func(g *generator) string {
			return g.fill("«db|cache|api|mq|auth|shop|files»-«n:1-9».«eu|us|ap|prod|stage».«domain»").text
		},
		"email":    func(g *generator) string { return g.email() },
		"local":    func(g *generator) string { return strings.Split(g.email(), "@")[0] },
		"ip":       func(g *generator) string { return g.ip() },
		"ip6":      func(g *generator) string { return g.ip6() },
		"mac":      func(g *generator) string { return g.mac(":") },
		"macdash":  func(g *generator) string { return strings.ToUpper(g.mac("-")) },
		"maccisco": func(g *generator) string { m := g.mac(""); return m[:4] + "." + m[4:8] + "." + m[8:] },

		"pw": func(g *generator) string { return g.password() },
		"safepw": func(g *generator) string {
			return g.fill(g.pick("«x:14»", "«pwword»«d:4»", "«pwword»-«pwword»-«d:2»", "«x:8»_«x:7»")).text
		},
		"pwword": func(g *generator) string { return pickWord(g, passwordWords) },
		"jwt":    func(g *generator) string { return g.jwt() },
		"crc":    func(g *generator) string { return "" }, // replaced by checksummed
		"ghcrc":  func(g *generator) string { return g.crcToken(g.pick("ghp_", "gho_", "ghu_", "ghs_", "ghr_")) },
		"npmcrc": func(g *generator) string { return g.crcToken("npm_") },
		"pem":    func(g *generator) string { return g.pem("\n") },
		"pemesc": func(g *generator) string { return g.pem(`\n`) },
		"b64pair": func(g *generator) string {
			return base64.StdEncoding.EncodeToString([]byte(g.login() + ":" + g.password()))
		},
		"discordid": func(g *generator) string { return base64.RawStdEncoding.EncodeToString([]byte("1" + g.of(digits, 18))) },
		"b64json": func(g *generator) string {
			return base64.StdEncoding.EncodeToString([]byte(g.fill(`{"k":"«x:20»","n":"«word»-«word»","id":«n:1-99999»}`).text))
		},
		"gcm": func(g *generator) string { return base64.StdEncoding.EncodeToString([]byte(g.of(classes["x"], 33))) },

		"card":     func(g *generator) string { return g.card() },
		"cardsp":   func(g *generator) string { return spaced(g.card(), g.pick(" ", "-")) },
		"iban":     func(g *generator) string { return g.iban() },
		"ibansp":   func(g *generator) string { return grouped(g.iban(), 4, " ") },
		"imei":     func(g *generator) string { s := g.fill("35«d:12»").text; return s + luhnDigit(s) },
		"phone":    func(g *generator) string { return g.fill(pickWordOf(g, internationalPhones)).text },
		"natphone": func(g *generator) string { return g.fill(pickWordOf(g, nationalPhones)).text },
		"numphone": func(g *generator) string {
			return g.fill(g.pick("49151«d:8»", "1«n:212-989»555«d:4»", "336«d:8»")).text
		},
		"ssn": func(g *generator) string { return g.fill("«n:131-665»-«n:11-98»-«n:1111-9898»").text },
		"lat": func(g *generator) string {
			return fmt.Sprintf("%s%d.%s", g.pick("", "-"), 10+g.IntN(70), g.of(digits, 6))
		},
		"lon": func(g *generator) string {
			return fmt.Sprintf("%s%d.%s", g.pick("", "-"), 10+g.IntN(160), g.of(digits, 6))
		},
		"street": func(g *generator) string { return g.street() },
	}
}

func pickWordOf(g *generator, from []string) string { return from[g.IntN(len(from))] }

func (g *generator) uuid() string {
	return g.fill("«h:8»-«h:4»-4«h:3»-«8|9|a|b»«h:3»-«h:12»").text
}

func (g *generator) time() time.Time {
	return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(g.Int64N(int64(3 * 365 * 24 * time.Hour))))
}

func (g *generator) birth(layout string) string {
	return time.Date(1940+g.IntN(65), time.Month(1+g.IntN(12)), 1+g.IntN(28), 0, 0, 0, 0, time.UTC).Format(layout)
}

func (g *generator) login() string {
	first, last := strings.ToLower(pickWord(g, firstNames)), strings.ToLower(pickWord(g, lastNames))
	return g.pick(first+"."+last, first[:1]+last, last+first[:1], first+"_"+last, first+g.of(digits, 2), last)
}

func (g *generator) email() string {
	local := g.login()
	if g.IntN(5) == 0 {
		local += "+" + g.pick("shop", "billing", "list", "ci")
	}
	return local + "@" + g.fill("«|||mail.|eu.»«domain»").text
}

func (g *generator) ip() string {
	first := []int{5, 23, 31, 45, 62, 77, 81, 91, 109, 128, 139, 151, 176, 185, 193, 203, 212}
	return fmt.Sprintf("%d.%d.%d.%d", first[g.IntN(len(first))], 10+g.IntN(240), 1+g.IntN(250), 2+g.IntN(250))
}

func (g *generator) ip6() string {
	return g.fill("2«a00|003|400|804|600»:«h:4»:«e:1»«h:3»:«e:1»«h:2»::«e:1»«h:3»").text
}

func (g *generator) mac(sep string) string {
	parts := make([]string, 6)
	for i := range parts {
		parts[i] = g.of(classes["h"], 2)
	}
	parts[0] = g.pick("3c", "a4", "f0", "b8", "00")
	return strings.Join(parts, sep)
}

// password is like what people choose, or their password manager for them.
func (g *generator) password() string {
	return g.fill(g.pick("«pwword»«d:4»!", "«pwword»«d:2»$«pwword»", "«pwword»-«pwword»-«pwword»", "«x:16»",
		"«x:6»!«x:5»#«x:3»", "«pwword»_«n:1950-2020»", "«w:24»", "«x:4»*«x:7»?«d:2»")).text
}

func (g *generator) jwt() string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(g.pick(`{"alg":"HS256","typ":"JWT"}`, `{"typ":"JWT","alg":"RS256","kid":"k1"}`, `{"alg":"ES256"}`))) + "." +
		enc([]byte(g.fill(`{"sub":"«d:8»","iat":«epoch»,"scope":"«word»"}`).text)) + "." + g.of(classes["w"], 43)
}

// crcToken is a token whose last six characters are the CRC-32 of those before, as
// GitHub and npm make them.
func (g *generator) crcToken(prefix string) string {
	body := g.of(classes["x"], 30)
	sum := crc32.ChecksumIEEE([]byte(body))
	tail := make([]byte, 6)
	const base62 = digits + upper + lower
	for i := 5; i >= 0; i-- {
		tail[i] = base62[sum%62]
		sum /= 62
	}
	return prefix + body + string(tail)
}

func (g *generator) pem(newline string) string {
	kind := g.pick("RSA PRIVATE", "EC PRIVATE", "OPENSSH PRIVATE", "PRIVATE", "ENCRYPTED PRIVATE", "DSA PRIVATE")
	var b strings.Builder
	b.WriteString("-----BEGIN " + kind + " KEY-----" + newline)
	for range 6 {
		b.WriteString(g.of(classes["b"], 64) + newline)
	}
	b.WriteString(g.of(classes["b"], 30) + "==" + newline + "-----END " + kind + " KEY-----")
	return b.String()
}

func (g *generator) street() string {
	return g.fill(g.pick("«n:2-180» «last» «Road|Lane|Close|Drive|Court»", "«last»straße «n:1-90»", "«n:1-99», rue «last»",
		"Calle «last» «n:1-99», 3º B", "Via «last», «n:1-99»", "ul. «last»ego «n:1-40»/«n:1-60»", "«last»laan «n:1-200»", "«last»gatan «n:1-70»")).text
}

// wrapped returns the filled text in an encoding of its own.
func (f filled) wrapped(encode func(string) string) filled {
	f.text = encode(f.text)
	return f
}

func toBase64(s string) string    { return base64.StdEncoding.EncodeToString([]byte(s)) }
func toURLBase64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
func toHex(s string) string       { return hex.EncodeToString([]byte(s)) }
func toPercent(s string) string   { return url.QueryEscape(s) }
func toUnicode(s string) string { // every third character as \uXXXX
	var b strings.Builder
	for i, r := range s {
		if i%3 == 0 && r < 0x10000 {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
func toHTML(s string) string {
	return strings.NewReplacer("&", "&amp;", `"`, "&quot;", "'", "&#39;", "=", "&#x3D;", "@", "&#64;", ":", "&#58;").Replace(s)
}

func init() {
	makers["b64word"] = func(g *generator) string { return toBase64(g.fill("«pwword»«d:4»").text) }
	makers["b64docker"] = func(g *generator) string { return toBase64(g.fill(`{"auths":{"r.io":{"auth":"«b64pair»"}}}`).text) }
	makers["b64plain"] = func(g *generator) string { return toBase64("\x00" + g.login() + "\x00" + g.fill("«safepw»").text) }
	makers["b64secret"] = func(g *generator) string { return toBase64(g.fill("token=«x:32»").text) }
	makers["b64secretjson"] = func(g *generator) string { return toBase64(g.fill(`{"password":"«safepw»"}`).text) }
	makers["b64cursor"] = func(g *generator) string { return toURLBase64(g.fill(`{"id":«d:5»,"dir":"next"}`).text) }
	makers["seed"] = func(g *generator) string {
		words := strings.Fields("abandon ability able about above absent absorb abstract absurd abuse access accident account accuse achieve acid acoustic acquire across act action actor actress actual adapt add addict address adjust admit adult advance advice aerobic affair afford afraid again age agent agree ahead aim air airport aisle alarm album alcohol alert alien")
		out := make([]string, 12)
		for i := range out {
			out[i] = g.pick(words...)
		}
		return strings.Join(out, " ")
	}
	classes["base58"] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
}
