package sanitize

import "strings"

// positional are commands and calls that take a password by its place alone: what their
// usage says stands before it.
var positional = map[string]func(e *Encoder, s string, i int){
	"add_user ":        func(e *Encoder, s string, i int) { e.argument(s, i, 1) }, // rabbitmqctl: name
	"change_password ": func(e *Encoder, s string, i int) { e.argument(s, i, 1) },
	"net user ":        func(e *Encoder, s string, i int) { e.argument(s, i, 1) },
	"net use ":         (*Encoder).netUse,
	"htpasswd -":       (*Encoder).htpasswd,

	// Composer: the host the token is for.
	"github-oauth.": (*Encoder).hostToken, "gitlab-oauth.": (*Encoder).hostToken, "gitlab-token.": (*Encoder).hostToken, "bitbucket-oauth.": (*Encoder).hostToken,

	// PHP, as it prints calls in its stack traces: two arguments.
	"__construct": (*Encoder).construct, "new pdo": (*Encoder).call, "new mysqli": (*Encoder).call, "mysqli_connect": (*Encoder).call,
	"ldap_bind": (*Encoder).call, "ftp_login": (*Encoder).call, "imap_open": (*Encoder).call, "ssh2_auth_password": (*Encoder).call,
}

// argument takes the word after the given number of words for a password.
func (e *Encoder) argument(s string, i, before int) {
	from := i
	for range before {
		i = skipSpaces(s, i)
		for i < len(s) && s[i] > ' ' {
			i++
		}
	}
	e.spend(stepsOfEnd * (i - from))
	i = skipSpaces(s, i)
	if i < len(s) && isQuote(s[i]) {
		i++
	}
	if end := e.wordEnd(s, i); i >= e.covered && i < end && s[i] != '-' && s[i] != '/' && e.finds(classPassword, s[i:end], byKey) {
		e.add(i, end, kindPassword)
	}
}

// htpasswd looks at htpasswd -b file name password, and -nb name password; i is behind
// the first dash.
func (e *Encoder) htpasswd(s string, i int) {
	flags := run(s, i, setAlnum)
	e.spend(stepsOfEnd * (flags - i))
	switch {
	case strings.IndexByte(s[i:flags], 'b') < 0: // asks for it
	case strings.IndexByte(s[i:flags], 'n') >= 0:
		e.argument(s, flags, 1)
	default:
		e.argument(s, flags, 2)
	}
}

// netUse looks at net use z: \\host\share password /user:name, or with the password last.
func (e *Encoder) netUse(s string, i int) {
	for range 5 {
		i = skipSpaces(s, i)
		end := i
		for end < len(s) && s[end] > ' ' {
			end++
		}
		e.spend(stepsOfEnd * (end - i))
		if i == end {
			return
		}
		if c := s[i]; c != '/' && c != '\\' && c != '*' && !isQuote(c) && s[end-1] != ':' {
			e.argument(s, i, 0)
			return
		}
		i = end
	}
}

// hostToken looks at composer config github-oauth.github.com token.
func (e *Encoder) hostToken(s string, i int) {
	i = skipSpaces(s, e.runEnd(s, i, setDotted))
	if i < len(s) && isQuote(s[i]) {
		i++
	}
	if end := e.wordEnd(s, i); i >= e.covered && end-i >= 16 && looksRandom(s[i:end]) {
		e.add(i, end, kindToken)
	}
}

// construct looks at PDO->__construct('mysql:host=h', 'name', 'password').
func (e *Encoder) construct(s string, i int) {
	if class := s[:i-len("__construct")]; strings.HasSuffix(class, "PDO->") || strings.HasSuffix(class, "mysqli->") {
		e.call(s, i)
	}
}

// call takes the third argument of a call for a password, if it is quoted; i is behind
// the name.
func (e *Encoder) call(s string, i int) {
	if i >= len(s) || s[i] != '(' {
		return
	}
	i++
	for n := range 3 {
		i = skipSpaces(s, i)
		if i >= len(s) {
			return
		}
		from, end := i, i
		if isQuote(s[i]) {
			from = i + 1
			end = quotedEnd(s, from, s[i], 0)
			e.spend(stepsOfEnd * (end - from))
		} else {
			for end < len(s) && s[end] != ',' && end-i < 64 && (s[end] != ')' || strings.IndexByte(s[i:end], '(') >= 0) {
				end++
			}
		}
		if n == 2 {
			if from > i && from >= e.covered && from < end && e.finds(classPassword, s[from:end], byKey) {
				e.add(from, end, kindPassword)
			}
			return
		}
		if from > i {
			end++ // the quote
		}
		if end >= len(s) || s[end] != ',' {
			return
		}
		i = end + 1
	}
}

// postfixMap looks at smtp_sasl_password_maps = static:name:password.
func (e *Encoder) postfixMap(s string, from, to int) {
	if !strings.Contains(s[max(0, from-24):from], "password_maps") {
		return
	}
	name := run(s, to, setDotted)
	e.spend(stepsOfEnd * (name - to))
	if name >= len(s) || s[name] != ':' || name < e.covered {
		return
	}
	if end := e.wordEnd(s, name+1); name+1 < end && e.finds(classPassword, s[name+1:end], byKey) {
		e.add(name+1, end, kindPassword)
	}
}

// bornOn are what stands before the day of birth where no word for birth does.
var bornOn = [...]string{"né le ", "née le ", "nato il ", "nata il ", "nacido el ", "nacida el ", "nascido em ", "nascida em ", "född ", "født ", "urodzony ", "urodzona ", "narozen "}

// born looks for a date after such words.
func (e *Encoder) born(s, text string, from, to int) {
	if from < e.covered || !hasFold(s[from:], text) || !startsWord(s, from) {
		return
	}
	end := dateEnd(s, to, e.wordEnd(s, to))
	if v := s[to:min(end, len(s))]; len(v) >= 6 && isDigit(v[0]) && countDigits(v) >= 5 && e.finds(classBirth, v, byKey) {
		e.add(to, end, kindBirthDate)
	}
}
