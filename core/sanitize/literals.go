package sanitize

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// roots are in names of secrets in text, also as parts of longer words. The
// classifier decides about the name around them.
var roots = [...]string{"pass", "pwd", "psw", "pw", "secret", "token", "key", "cred", "auth", "cookie", "code", "nonce", "phrase", "answer", "social", "licen", "national",
	"fiscal", "insurance", "document", "account", "routing", "phone", "mobile", "card", "birth", "name", "addr", "street", "zip", "postal", "computer", "machine", "coord",
	"location", "session", "dsn", "seed", "tax", "number", "cislo", "steuer", "kimlik", "codigo", "código", "codice", "hasło", "HASŁO", "contrase", "jelszó", "lösenord", "şifre", "ŞİFRE", "ŞIFRE", "clé", "schlüssel", "mậtkhẩu", "fødselsnummer", "født"}

// nouns are the roots, and the words of the vocabulary that name something sensitive
// and do not contain a root.
func nouns() []string {
	out := slices.Clone(roots[:])
	for w, c := range heads {
		if big := strings.ToUpper(w); c.sensitive() && w[0] >= utf8.RuneSelf && big != w {
			out = append(out, big) // the automaton folds the case of ASCII only
		}
	}
	slices.Sort(out)
	for _, w := range slices.Sorted(maps.Keys(heads)) {
		if c := heads[w]; !c.sensitive() || c == classPerson || len(w) < 3 || w == "rfc" { // RFC 8259 is no tax number
			continue
		}
		if !slices.ContainsFunc(roots[:], func(root string) bool { return strings.Contains(w, root) }) {
			out = append(out, w)
		}
	}
	return out
}

// homes are directories whose entries are named after persons, with separators as \ or /.
var homes = [...]string{"/home/", "/users/", `\users\`, "/users\\", "\\home\\", "/homes/", `\homes\`, `documents and settings\`, "documents and settings/", "%2fhome%2f", "%2fusers%2f", "%5cusers%5c", "/volumes/", `\profiles\`, `\userdata\`}

// pathWords stand in front of a secret in a URL path.
var pathWords = [...]string{"/reset/", "/verify/", "/confirm/", "/invite/", "/invites/", "/accept/", "/magic/", "/activate/", "/token/", "/tokens/", "/unsubscribe/", "/password/", "/webhook/", "/webhooks/",
	"/hooks/", "/auth/", "/login/", "/share/", "/secret/", "/key/"}

// machines are what operating systems put into the name of a personal machine.
var machines = [...]string{"macbook", "-imac", "imac-", "s-mac-mini", "mac-pro", "-mbp", "-mba", "-laptop", "laptop-", "desktop-", "-desktop", "-thinkpad", "thinkpad-", "-pc.", "s-pc", "-pc", "-iphone", "-ipad", "-xps", "-surface", "-notebook"}

// signs are the literals of one byte.
const signs = "~@?&#"

func literals() []literal {
	var lits []literal
	for _, w := range nouns() {
		lits = append(lits, literal{text: w, verify: verifyNoun})
	}
	for i := range vendors {
		lits = append(lits, literal{text: lowerText(vendors[i].prefix), verify: verifyVendor, vendor: &vendors[i]})
	}
	for _, h := range homes {
		lits = append(lits, literal{text: h, verify: verifyHome})
	}
	for _, p := range pathWords {
		lits = append(lits, literal{text: p, verify: verifyPath})
	}
	for _, f := range [...]string{" -p", " -a ", " -w ", " -k ", " -n ", " /p:"} {
		lits = append(lits, literal{text: f, verify: verifyShortFlag})
	}
	for _, command := range slices.Sorted(maps.Keys(passwordFlags)) {
		lits = append(lits, literal{text: command, verify: verifyCommandName})
	}
	for _, words := range slices.Sorted(maps.Keys(positional)) {
		lits = append(lits, literal{text: words, verify: verifyPositional})
	}
	for _, words := range bornOn {
		lits = append(lits, literal{text: words, verify: verifyBorn})
	}
	for _, m := range machines {
		lits = append(lits, literal{text: m, verify: verifyMachine})
	}
	return append(lits, literal{text: "~", verify: verifyTilde}, literal{text: "login ", verify: verifyCommand}, literal{text: "auth ", verify: verifyCommand},
		literal{text: "unseal ", verify: verifyIdentified}, literal{text: "input_value=", verify: verifyInputValue}, literal{text: "begin:vcard", verify: verifyCard},
		literal{text: "[at", verify: verifySpelledAt}, literal{text: "cn: ", verify: verifyEntry}, literal{text: "sn: ", verify: verifyEntry},
		literal{text: ";;;", verify: verifyNameLine}, literal{text: "gen_salt", verify: verifySalt}, literal{text: "--password-stdin", verify: verifyStdin}, literal{text: "$ansible_vault;", verify: verifyVault},
		literal{text: "static:", verify: verifyPostfixMap},
		literal{text: "://", verify: verifyScheme}, literal{text: "@", verify: verifyAt}, literal{text: "%40", verify: verifyAt},
		literal{text: "?", verify: verifyQuery}, literal{text: "&", verify: verifyQuery}, literal{text: "#", verify: verifyQuery},
		literal{text: "bearer ", verify: verifyBearer}, literal{text: "basic ", verify: verifyBasic}, literal{text: "bearer+", verify: verifyBearer}, literal{text: "basic+", verify: verifyBasic},
		literal{text: "bearer%20", verify: verifyBearer}, literal{text: "basic%20", verify: verifyBasic},
		literal{text: "-----begin", verify: verifyPEM}, literal{text: "eyj", verify: verifyJWT}, literal{text: "q~", verify: verifyAzure}, literal{text: "nral", verify: verifySuffix},
		literal{text: "identified by ", verify: verifyIdentified}, literal{text: "snmp-server community ", verify: verifyIdentified}, literal{text: "values", verify: verifyInsert}, literal{text: ":5432:", verify: verifyPgpass}, literal{text: "*:*:", verify: verifyPgpass}, literal{text: ":6432:", verify: verifyPgpass},
		literal{text: "private-lines:", verify: verifyPuTTY}, literal{text: " -u ", verify: verifyUserArg}, literal{text: "--user ", verify: verifyUserArg})
}

func lowerText(s string) string {
	b := []byte(s)
	for i := range b {
		b[i] = lower(b[i])
	}
	return string(b)
}
