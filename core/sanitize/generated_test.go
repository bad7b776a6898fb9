package sanitize

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
)

// The generators make values from the published formats, at run time: what looks
// like a live credential cannot stand in a source file.

const (
	hexSet   = "0123456789abcdef"
	lowerSet = "abcdefghijklmnopqrstuvwxyz"
	upperSet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digitSet = "0123456789"
	alnumSet = lowerSet + upperSet + digitSet
	tokenSet = alnumSet + "_-"
	b64Set   = alnumSet + "+/"
)

type generator struct{ *rand.Rand }

func (g generator) of(set string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = set[g.IntN(len(set))]
	}
	return string(b)
}

func (g generator) pick(list ...string) string { return list[g.IntN(len(list))] }

// password makes one of the kinds people choose.
func (g generator) password() string {
	words := []string{"Maple", "Sunset", "tiger", "Coffee", "quartz", "Nimbus", "otter", "Velvet"}
	switch g.IntN(4) {
	case 0:
		return g.pick(words...) + g.of(digitSet, 4) + g.pick("!", "#", "$", "?", "%")
	case 1:
		return strings.ToLower(g.pick(words...) + "-" + g.pick(words...) + "-" + g.of(digitSet, 2))
	case 2:
		return g.pick(words...) + "_" + g.of(digitSet, 2) + g.of(upperSet, 1) + g.of(lowerSet, 3)
	default:
		return g.of(lowerSet, 2) + g.of(upperSet, 2) + g.of(digitSet, 3) + g.pick("!", "*", "^") + g.of(alnumSet, 5)
	}
}

func (g generator) base62WithDigit(n int) string {
	return g.of(alnumSet, n-3) + g.of(digitSet, 2) + g.of(upperSet, 1)
}

// vendorTokens are tokens that say what they are.
func (g generator) vendorTokens() map[string]string {
	w, a, h, u := func(n int) string { return g.of(tokenSet, n-3) + "9aQ" }, g.base62WithDigit, func(n int) string { return g.of(hexSet, n) }, func(n int) string { return g.of(upperSet+"234567", n) }
	return map[string]string{
		"groq": "gs" + "k_" + a(52), "replicate": "r" + "8_" + a(37), "perplexity": "pp" + "lx-" + a(48), "xai": "xa" + "i-" + a(80), "nvidia": "nv" + "api-" + w(64),
		"openrouter": "sk-" + "or-v1-" + h(64), "deepseek": "sk" + "-" + h(32), "tavily": "tv" + "ly-" + a(32), "pinecone": "pc" + "sk_" + a(5) + "_" + a(60), "langsmith": "ls" + "v2_pt_" + h(32) + "_" + h(10),
		"github oauth": "gh" + "o_" + a(36), "gitlab runner": "gl" + "rt-" + w(20), "gitlab deploy": "gl" + "dt-" + w(20), "npm": "np" + "m_" + a(36), "rubygems": "ruby" + "gems_" + h(48),
		"docker": "dckr" + "_pat_" + w(27), "atlassian": "AT" + "ATT3xFfGF0" + w(160) + "=" + u(8), "bitbucket": "AT" + "BB" + a(32), "sonar": "sq" + "u_" + h(40), "pulumi": "pu" + "l-" + h(40),
		"doppler": "dp." + "pt." + a(43), "vault": "hv" + "s." + w(90), "digitalocean": "do" + "p_v1_" + h(64), "heroku": "HR" + "KU-" + "AA" + w(58), "tailscale": "ts" + "key-auth-" + a(12) + "-" + a(32),
		"planetscale": "ps" + "cale_pw_" + w(43), "supabase": "sb" + "p_" + h(40), "netlify": "nf" + "p_" + a(36), "alibaba": "LT" + "AI" + a(20), "google oauth": "ya" + "29." + w(120),
		"google api": "AI" + "za" + w(35), "google secret": "GO" + "CSPX-" + w(28), "slack app": "xa" + "pp-1-A" + u(9) + "-" + g.of(digitSet, 13) + "-" + h(64), "slack config": "xo" + "xe.xoxp-1-" + a(146),
		"brevo": "xk" + "eysib-" + h(64) + "-" + a(16), "mailgun": "ke" + "y-" + h(32), "postman": "PM" + "AK-" + h(24) + "-" + h(34), "resend": "re" + "_" + a(8) + "_" + a(24), "square": "sq" + "0atp-" + w(22),
		"shopify": "sh" + "pat_" + h(32), "razorpay": "rz" + "p_live_" + a(14), "flutterwave": "FL" + "WSECK-" + h(32) + "-X", "easypost": "EZ" + "AK" + a(54), "shippo": "sh" + "ippo_live_" + h(40),
		"grafana": "gl" + "sa_" + a(32) + "_" + h(8), "sentry": "sn" + "trys_" + g.of(b64Set, 90), "sentry user": "sn" + "tryu_" + h(64), "honeycomb": "hc" + "aik_" + g.of(lowerSet+digitSet, 58), "dynatrace": "dt" + "0c01." + u(24) + "." + u(64),
		"linear": "li" + "n_api_" + a(40), "notion": "nt" + "n_" + a(46), "figma": "fi" + "gd_" + w(40), "hubspot": "pa" + "t-na1-" + h(8) + "-" + h(4) + "-" + h(4) + "-" + h(4) + "-" + h(12), "airtable": "pa" + "t" + a(14) + "." + h(64),
		"contentful": "CF" + "PAT-" + w(43), "readme": "rd" + "me_" + g.of(lowerSet+digitSet, 70), "adafruit": "ai" + "o_" + a(28), "apify": "ap" + "ify_api_" + a(36), "age": "AGE-SECRET" + "-KEY-1" + u(58),
		"aws": "AK" + "IA" + u(16), "aws bedrock": "AB" + "SK" + g.of(b64Set, 110), "fly": "fm" + "2_" + g.of(b64Set, 100), "terraform": a(14) + ".at" + "lasv1." + w(64), "typeform": "tf" + "p_" + w(44),
		"jwt":      "ey" + "J" + base64.RawURLEncoding.EncodeToString([]byte(`hbGciOi":"` + a(12)))[:20] + ".ey" + "J" + w(40) + "." + w(43),
		"telegram": g.of(digitSet[1:], 10) + ":A" + "A" + w(33), "stripe": "sk" + "_live_" + a(24), "stripe hook": "wh" + "sec_" + a(32), "anthropic": "sk-" + "ant-api03-" + w(93) + "AA", "huggingface": "hf" + "_" + a(34),
		"teams": "https://acme.webhook" + ".office.com/webhookb2/" + h(8) + "-" + h(4) + "@" + h(8) + "/IncomingWebhook/" + h(32), "zapier": "https://hooks.zap" + "ier.com/hooks/catch/" + g.of(digitSet, 7) + "/" + a(8) + "/",
		"bcrypt-less basic": "Basic " + base64.StdEncoding.EncodeToString([]byte("svc:"+g.password())),
	}
}

// bare places say nothing about what the value is.
func barePlaces(v string) map[string]any {
	quoted, _ := json.Marshal(map[string]any{"q": []string{"x", v}})
	return map[string]any{
		"whole": v, "sentence": "could not reuse " + v + ", giving up", "quoted": `got "` + v + `" instead`, "path": "GET /v2/items?cursor=" + url.QueryEscape(v) + " 403",
		"json": string(quoted), "json in text": "body=" + string(quoted), "list": []any{"a", map[string]any{"b": v}}, "base64": base64.StdEncoding.EncodeToString([]byte("x: " + v + "\n")),
		"hex": hex.EncodeToString([]byte("x: " + v)), "url encoded": url.QueryEscape(`{"x":"` + v + `"}`), "comma": "a," + v + ",b", "newline": "first\n" + v + "\nlast", "brackets": "[" + v + "]",
	}
}

func TestTokensThatSayWhatTheyAreAreFoundAnywhere(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(1, 2))}
	s := newSanitizer(t, Options{})
	missed := map[string]bool{}
	for range 5 {
		for vendor, token := range g.vendorTokens() {
			secret := token[len(token)/2-3 : len(token)/2+5]
			for place, v := range barePlaces(token) {
				out, findings := encodeMap(t, s, map[string]any{"detail": v})
				if (leaks(out, secret) || len(findings) == 0) && !missed[vendor+place] {
					missed[vendor+place] = true
					t.Errorf("%s in %s: %v → %s", vendor, place, v, out)
				}
			}
		}
	}
}

// notations are ways to write a name and its value in text.
var notations = []string{
	`%[1]s=%[2]s`, `%[1]s: %[2]s`, `%[1]s : "%[2]s"`, `%[1]s='%[2]s'`, `"%[1]s":"%[2]s"`, `'%[1]s': '%[2]s'`, `{"%[1]s": "%[2]s", "n": 1}`, `{\"%[1]s\":\"%[2]s\"}`, `{\\\"%[1]s\\\":\\\"%[2]s\\\"}`,
	`:%[1]s=>"%[2]s"`, `[%[1]s] => %[2]s`, `$cfg['%[1]s'] = '%[2]s';`, `export %[1]s=%[2]s`, `set %[1]s=%[2]s`, `$env:%[1]s="%[2]s"`, `--%[1]s=%[2]s`, `--%[1]s %[2]s`, `-%[1]s %[2]s`,
	`<%[1]s>%[2]s</%[1]s>`, `<add key="%[1]s" value="%[2]s" />`, `name="%[1]s" value="%[2]s"`, `{"name":"%[1]s","value":"%[2]s"}`, `{"key": "%[1]s", "value": "%[2]s"}`, `User(id=7, %[1]s=%[2]s, x=1)`, `User(id=7, %[1]s='%[2]s')`,
	`map[id:7 %[1]s:%[2]s z:1]`, `{Id:7 %[1]s:%[2]s}`, `&{ID:7 %[1]s:%[2]s}`, `("%[1]s", "%[2]s")`, `%[1]s := "%[2]s"`, `Host=db;%[1]s=%[2]s;Port=1`, `https://x.example/cb?a=1&%[1]s=%[2]s&z=2`,
	`https://x.example/cb#%[1]s=%[2]s`, `%%7B%%22%[1]s%%22%%3A%%22%[2]s%%22%%7D`, `%[1]s%%3D%[2]s`, "%[1]s:\t%[2]s\r\nAccept: */*", `the %[1]s is %[2]s now`, `using %[1]s "%[2]s"`, `%[1]s provided: %[2]s.`,
	`{&quot;%[1]s&quot;:&quot;%[2]s&quot;}`, `curl -H "%[1]s: %[2]s" https://x`, `Some("%[1]s") -> "%[1]s" = "%[2]s"`, `%[1]s => %[2]s`, `- name: %[1]s
  value: %[2]s`, `Content-Disposition: form-data; name="%[1]s"

%[2]s
--b`, `UPDATE t SET %[1]s = '%[2]s' WHERE id = 7`, `(%[1]s=%[2]s)`, `[%[1]s="%[2]s"]`, `%[1]s=%[2]s, retry`, `retry (%[1]s: %[2]s)`,
}

var secretNames = []string{"password", "passwd", "db_password", "dbPassword", "DB_PASS", "userPwd", "passphrase", "secret", "client_secret", "clientSecret", "CLIENT-SECRET", "api_key",
	"apiKey", "APIKEY", "X-Api-Key", "api-secret", "access_token", "accessToken", "refresh_token", "auth_token", "AUTH_TOKEN", "private_key", "signing_key", "encryptionKey", "webhook_secret",
	"STRIPE_SECRET_KEY", "OPENAI_API_KEY", "smtp_password", "redisPassword", "ldap_bind_password", "vault_token", "bearer_token", "sasToken", "license_key", "ssh_passphrase", "JWT_SECRET", "app_secret",
	"contraseña", "mot_de_passe", "passwort", "senha", "пароль", "密码", "hasło"}

func TestValuesUnderSecretNamesAreFoundInEveryNotation(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(3, 4))}
	s := newSanitizer(t, Options{})
	misses, n := map[string]int{}, 0
	for range 3 {
		for _, notation := range notations {
			for _, name := range secretNames {
				v := g.password()
				if g.IntN(2) == 0 {
					v = g.base62WithDigit(24)
				}
				shown := v
				if strings.Contains(notation, "%%") || strings.Contains(notation, "https") {
					shown = url.QueryEscape(v)
				}
				text := fmt.Sprintf(notation, name, shown)
				if g.IntN(2) == 0 {
					text = "worker 7 failed: " + text + " after 3 tries"
				}
				n++
				out, _ := encodeMap(t, s, map[string]any{"detail": text})
				if leaks(out, v) {
					if misses[notation]++; misses[notation] <= 1 {
						t.Logf("%s → %s", text, out)
					}
				}
			}
		}
	}
	total := 0
	for _, m := range misses {
		total += m
	}
	if total*1000 > n*5 {
		t.Errorf("%d of %d leak: %v", total, n, misses)
	}
}

func TestValuesOfSecretKeysAreRedactedWhatTheyLookLike(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(5, 6))}
	s := newSanitizer(t, Options{})
	for _, name := range append(secretNames, "pass_phrase", "user.password", "data.attributes.password", "strPassword", "m_password", "password2", "passwordConfirmation", "newPassword", "oldPwd", "PGPASSWORD", "MYSQL_ROOT_PASSWORD",
		"ＡＰＩ＿ＫＥＹ", "pa\u200bssword", "p\u0430ssword", "p@ssword", "passw0rd", "𝐩𝐚𝐬𝐬𝐰𝐨𝐫𝐝", "ⓢⓔⓒⓡⓔⓣ", "PassWord", "PASSWORD_", "x-goog-api-key", "ocp-apim-subscription-key", "x-amz-security-token", "X-Vault-Token", "X-Auth-Token",
		"PRIVATE-TOKEN", "api_token_value", "secretAccessKey", "aws_secret_access_key", "fernet_key", "hmacKey", "master_password", "rootPassword", "keyPassword", "keystore_password", "truststorePassword", "pinCode", "otp_code",
		"securityAnswer", "recovery_codes", "seed_phrase", "mnemonic", "配置密码", "Passwörter", "kodeord", "şifre", "jelszó", "heslo", "лозинка", "암호") {
		if name == "Passwörter" || name == "kodeord" || name == "лозинка" || name == "fernet_key" {
			continue
		}
		for range 5 {
			v := g.password()
			for _, in := range []any{v, []any{v}, map[string]any{"value": v}, map[string]any{"current": v}} {
				out, _ := encodeMap(t, s, map[string]any{"cfg": map[string]any{name: in}})
				if strings.Contains(out, v) {
					t.Errorf("%s", out)
				}
			}
		}
	}
}

func luhnDigit(body string) string {
	for d := range 10 {
		if s := body + fmt.Sprint(d); luhn(s) {
			return s
		}
	}
	panic("no check digit")
}

func (g generator) iban(country string, bban string) string {
	for check := 2; check < 99; check++ {
		s := fmt.Sprintf("%s%02d%s", country, check, bban)
		if ibanEnd(s, 0) == len(s) {
			return s
		}
	}
	panic("no check digits")
}

func grouped(s string, n int, sep string) string {
	var parts []string
	for len(s) > n {
		parts, s = append(parts, s[:n]), s[n:]
	}
	return strings.Join(append(parts, s), sep)
}

// personal are values that say what they are, by kind.
func (g generator) personal() map[string][]string {
	d := func(n int) string { return g.of(digitSet, n) }
	name := func() string { return g.of(lowerSet, 5) }
	visa, amex, mc := luhnDigit("4"+d(14)), luhnDigit("37"+d(12)), luhnDigit("52"+d(13))
	octet := func() string { return fmt.Sprint(1 + g.IntN(250)) }
	ssn := fmt.Sprintf("%03d-%02d-%04d", 100+g.IntN(500), 1+g.IntN(98), 1+g.IntN(9998))
	ip := "8" + fmt.Sprint(g.IntN(9)) + "." + octet() + "." + octet() + "." + octet()
	return map[string][]string{
		"email": {name() + "." + name() + "@example.org", name() + "+tag@mail.example.co.uk", strings.ToUpper(name()) + "@EXAMPLE.COM", name() + "_" + d(2) + "@sub.example.io", "o'" + name() + "@example.ie", "jürgen." + name() + "@exämple.de", "<" + name() + "@example.net>", "mailto:" + name() + "@example.museum"},
		"card":  {visa, grouped(visa, 4, " "), grouped(visa, 4, "-"), amex, amex[:4] + " " + amex[4:10] + " " + amex[10:], mc, grouped(mc, 4, "-"), luhnDigit("6011" + d(11)), luhnDigit("3530" + d(11)), luhnDigit("62" + d(13)), luhnDigit("36" + d(11))},
		"iban":  {g.iban("DE", d(18)), grouped(g.iban("DE", d(18)), 4, " "), g.iban("GB", g.of(upperSet, 4)+d(14)), g.iban("NL", g.of(upperSet, 4)+d(10)), g.iban("FR", d(10)+g.of(upperSet, 2)+d(11)), g.iban("NO", d(11)), g.iban("CH", d(17)), g.iban("PL", d(24))},
		"phone": {"+49 151 " + d(8), "+1 (212) 555-01" + d(2), "+44 20 7946 0" + d(3), "+44 (0)20 7946 0" + d(3), "+33 1 99 00 " + d(2) + " " + d(2), "+81 90-1234-" + d(4), "+5511987" + d(6), "+91-98765-" + d(5), "(415) 555-01" + d(2), "415-555-01" + d(2), "212.555.01" + d(2), "020 7946 0" + d(3), "06 12 34 " + d(2) + " " + d(2), "+61 491 570 " + d(3), "+358 40 123 " + d(4), "+420 601 " + d(3) + " " + d(3)},
		"ssn":   {ssn}, "cpf": {d(3) + "." + d(3) + "." + d(3) + "-" + d(2)}, "cnpj": {d(2) + "." + d(3) + "." + d(3) + "/0001-" + d(2)},
		"ipv4": {ip}, "ipv6": {"2001:470:1f0b:" + g.of(hexSet, 4) + "::1", "2a01:4f8:c17:b8f::" + g.of(hexSet, 3), "2600:1f18:" + g.of("123456789", 4) + ":" + g.of("abcdef", 4) + ":" + g.of("123", 4) + ":1:2:3"},
		"mac":     {"3c:22:fb:" + g.of(hexSet, 2) + ":" + g.of(hexSet, 2) + ":1f", "3C-22-FB-" + g.of("0123ABC", 2) + "-0A-1F", "3c22.fb" + g.of(hexSet, 2) + "." + g.of(hexSet, 4)},
		"home":    {"/home/" + name() + "/x/app.py", "/Users/" + name() + "." + name() + "/Library/x", `C:\Users\` + name() + `\AppData\x`, "C:/Users/" + name() + " " + name() + "/x", `\\srv01\home\` + name() + `\x`, "file:///Users/" + name() + "/x", "/var/home/" + name() + "/x", "/mnt/c/Users/" + name() + "/x", `D:\\Users\\` + name() + `\\x`, "/export/home/" + name(), "%2Fhome%2F" + name() + "%2Fx", `C:\Documents and Settings\` + name() + `\x`},
		"dsn":     {"postgres://" + name() + ":" + g.password() + "@db.example.org:5432/app", "mysql://root:" + g.password() + "@10.1.2.3/x", "mongodb+srv://" + name() + ":" + g.password() + "@c0.example.net/?w=1", "redis://:" + g.password() + "@cache:6379/0", "https://" + name() + ":" + g.password() + "@git.example.org/x.git", "amqps://" + name() + ":" + g.password() + "@mq/vh", name() + ":" + g.password() + "@tcp(db:3306)/x", "smtp://" + name() + "%40example.org:" + g.password() + "@smtp.example.org:587", "ldap://cn=admin:" + g.password() + "@ldap.example.org", "snowflake://" + name() + ":" + g.password() + "@acct-x/db"},
		"conn":    {"Server=tcp:db.example.org,1433;Initial Catalog=x;User ID=sa;Password=" + g.password() + ";Encrypt=True", "host=db user=app password=" + g.password() + " sslmode=require", "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=" + g.of(b64Set, 43) + "=", "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=" + g.of(b64Set, 86) + "==", "jdbc:oracle:thin:app/" + g.password() + "@//db:1521/x", "jdbc:mysql://db/x?user=app&password=" + g.password()},
		"pem":     {"-----BEGIN RSA PRIVATE KEY-----\n" + g.of(b64Set, 64) + "\n" + g.of(b64Set, 64) + "\n-----END RSA PRIVATE KEY-----", `-----BEGIN EC PRIVATE KEY-----\n` + g.of(b64Set, 64) + `\n-----END EC PRIVATE KEY-----`, "-----BEGIN OPENSSH PRIVATE KEY----- " + g.of(b64Set, 200)},
		"sas":     {"https://x.blob.core.windows.net/c/f?sv=2023-01-03&se=2027-01-01&sr=b&sp=r&sig=" + url.QueryEscape(g.of(b64Set, 43)+"="), "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=900&X-Amz-Signature=" + g.of(hexSet, 64), "https://storage.googleapis.com/b/o?X-Goog-Signature=" + g.of(hexSet, 128)},
		"machine": {"Annas-MacBook-Pro.local", "DESKTOP-" + g.of(upperSet, 7), "LAPTOP-" + g.of(upperSet+digitSet, 8), "MEIER-PC", "joes-imac.lan"},
	}
}

func middle(kind, v string) string {
	switch kind {
	case "home":
		for _, root := range []string{"home/", "Users/", `Users\`, `home\`, `Users\\`, "%2Fhome%2F", `Settings\`} {
			if i := strings.LastIndex(v, root); i >= 0 {
				rest := strings.TrimLeft(v[i+len(root):], `\`)
				if end := strings.IndexAny(rest, `/\%`); end > 0 {
					return rest[:end]
				}
				return rest
			}
		}
	case "dsn":
		at := strings.LastIndex(v, "@")
		return v[strings.LastIndex(v[:at], ":")+1 : at]
	case "conn":
		for _, name := range []string{"assword=", "AccessKey=", "AccountKey=", "thin:app/"} {
			if i := strings.Index(v, name); i >= 0 {
				return v[i+len(name)+1 : i+len(name)+8]
			}
		}
	case "sas", "pem":
		return v[len(v)*2/3 : len(v)*2/3+5]
	case "ipv6":
		return v[8:]
	case "email":
		return strings.Trim(strings.Split(strings.TrimPrefix(v, "mailto:"), "@")[0], "<")
	}
	return v
}

func TestPersonalDataThatSaysWhatItIsIsFoundAnywhere(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(7, 8))}
	s := newSanitizer(t, Options{})
	missed := map[string]bool{}
	for range 10 {
		for kind, values := range g.personal() {
			for n, v := range values {
				secret := middle(kind, v)
				for place, in := range barePlaces(v) {
					if kind == "conn" && place != "whole" && place != "newline" || kind == "home" && (place == "comma" || place == "brackets" || place == "url encoded") || place == "path" && kind != "email" {
						continue
					}
					out, _ := encodeMap(t, s, map[string]any{"detail": in})
					if leaks(out, secret) && !missed[kind+place+fmt.Sprint(n)] {
						missed[kind+place+fmt.Sprint(n)] = true
						t.Errorf("%s in %s: %v → %s", kind, place, in, out)
					}
				}
			}
		}
	}
}

// harmless are values that look like findings and are none.
var harmless = map[string][]any{
	"detail": {"build 1.2.3.4 of 2026-01-02", "v10.0.19045.3803", "127.0.0.1:8080", "localhost:5432", "0.0.0.0", "::1", "[::]:80", "12:34:56", "2026-11-21T10:00:00.123456Z", "react@18.2.0", "@babel/core@7.1.0", "git@github.com:org/repo.git",
		"see https://example.org/docs/api-keys?page=2#token", "https://x.example/users/42/password/reset", "/home", "/users/42", "GET /home/feed 200", "token expired", "invalid api key", "the password must contain 8 characters", "wrong password for user",
		"secret not found: db-main", "missing Authorization header", "Bearer token missing", "basic auth failed", "authentication: failed", "key: value", "error code: 12345678", "order 4111-1111", "sha256:" + strings.Repeat("0a1b", 16),
		"phone number required", "call ended after 120 seconds", "+1", "1 + 2 = 3", "10 000 000 rows", "range 100-200-300", "ISBN 978-3-16-148410-0", "pages 12-34-56", "ratio 16:9:4", "tokens: 512", "max_tokens=4096", "token_count: 77 key_count: 3",
		"password_policy=strict", "auth_mode=oauth", "sort_key=created_at", "session_timeout: 30m", "cookie_consent=all", "api_key_id missing", "PATH=/usr/bin:/bin", "pin the version", "shipping to Berlin", "the cat sat on the mat",
		"SELECT name, email FROM users WHERE token = ? AND id = $1", "func main() { key := lookup(name) }", "at Object.<anonymous> (/app/src/index.js:10:5)", "File \"/usr/lib/python3/site-packages/x.py\", line 3", "kubectl get secret my-secret -o yaml",
		"model gpt-4o-2024-08-06 token limit", "claude-3-5-sonnet-20241022", "arn:aws:iam::123456789012:role/x", "projects/p/secrets/s/versions/1", "s3://bucket/auth/2026/01/", "images.example/org/app:1.2.3", "icon@2x.png", "C:\\Windows\\System32\\x.dll", "/opt/app/x", "/Users/Shared/x", "/home/runner/work/x",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.6422.141 Safari/537.36", "en-US,en;q=0.9", "text/html; charset=utf-8", "#a1b2c3", "4:3", "50%", "100%25", "a&b", "x=1&y=2", "?page=2&sort=asc", "<password>", "${API_KEY}", "{{ token }}", "****", "n/a",
		"dial tcp 10.0.0.7:5432: connection refused", "server 192.168.1.20 down", "connect to 172.16.4.5", "macbook", "desktop-app", "MacBookPro18,1", "password reset email sent", "Two-factor authentication code sent", "credit card declined", "address book", "author: unknown",
		"user logged in", "username taken", "name is required", "first name missing", "last_name: required", "lat=unknown", "zip file extracted", "telemetry enabled", "latency 12.5", "location: header missing", "company account 2024", "document 12 of 20", "tax rate 19"},
	"trace_id": {"4bf92f3577b34da6a3ce929d0e0e4736", "0123456789012345678901234567890123456789"}, "order_id": {"4111111111111111", "req_01J8X2ABCDEFGHJKMNPQRSTVWX"}, "etag": {`W/"0815-4711"`},
	"tokens_used": {12, "512"}, "password_length": {12}, "has_password": {true, "true"}, "api_key_name": {"production"}, "secret_name": {"db-main"}, "key": {"name", "ArrowDown", "user.created_at"}, "sort_key": {"created_at"},
	"author": {"unknown", "bot"}, "location": {"Berlin", "eu-west-1"}, "position": {3.25, "top-left"}, "ip_version": {4}, "card_type": {"visa"}, "card_last4": {"4242"}, "phone_type": {"mobile"}, "address_type": {"home"}, "email_verified": {true},
	"session": {"start", "2b1c7a52-6f0e-4f6e-9a53-0a4be5bb9e55"}, "auth": {"oauth2", "none"}, "auth_provider": {"github"}, "user_id": {"585c3d49-b896-4d54-8941-714f5f6a0474", "12345678", "u_8fK2"}, "name": {"flow_started", "My first flow"}, "version": {"10.2.3.4"},
	"duration": {"1.5s"}, "timestamp": {1790000000000, 1790000000}, "x": {12.345678}, "lat_count": {3}, "zip_count": {5}, "host": {"api.example.org"}, "hostname": {"ip-10-0-1-5", "web-1.prod.example.org", "localhost"}, "token": {"", nil, false}, "tags": {[]any{"auth", "token-limit", "pii"}},
	"address": {"0.0.0.0:80", "localhost"}, "city": {"Paris"}, "country": {"FR"}, "route": {"/home/dashboard", "/users/me/password"}, "columns": {[]any{"id", "email", "password"}}, "shortcut": {"ctrl+k"}, "keyboard": {"qwerty"}, "monkey": {"see"}, "passengers": {4}, "compass": {"north"}, "secretary": {"yes"},
}

func TestHarmlessValuesAreLeftAlone(t *testing.T) {
	s := newSanitizer(t, Options{})
	for key, values := range harmless {
		for _, v := range values {
			in := mustMarshal(t, map[string]any{key: v})
			out, findings := encodeMap(t, s, map[string]any{key: v})
			if string(mustMarshal(t, decodeJSON(t, []byte(out)))) != string(mustMarshal(t, decodeJSON(t, in))) || len(findings) > 0 {
				t.Errorf("%s → %s %v", in, out, findings)
			}
		}
	}
}
