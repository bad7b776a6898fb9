package sanitize

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// judge finds the head noun of the words of a key and says what it names, and how many steps
// that took. Names that were made to take long are taken for those of secrets.
func judge(ws []string) (class, int) {
	var j judgement
	c := j.words(ws, len(ws), 0)
	if j.steps > maxJudgement {
		c = classSecret
	}
	return c, j.steps
}

// maxJudgement is how many steps the judgement of a name may take. Those of the corpora take
// a tenth of it at most.
const maxJudgement = 30_000

// judgement is that of one name.
type judgement struct {
	steps  int
	before [maxWords + 1][maxWords + 1]judged // of so many of its first words, derived so many times
}

type judged struct {
	class class
	known bool
}

// words judges words that were derived from those of the name, so many times. As many as given of
// them are its first words.
func (j *judgement) words(ws []string, same, depth int) class {
	if len(ws) == 0 || depth > maxWords || j.steps > maxJudgement {
		return classNone
	}
	if len(ws) > same {
		return j.derived(ws, same, depth)
	}
	known := &j.before[len(ws)][depth]
	if !known.known {
		*known = judged{j.derived(ws, same, depth), true}
	}
	return known.class
}

func (j *judgement) derived(ws []string, same, depth int) class {
	j.steps += stepsOfWords
	n := len(ws)
	tail := ws[n-1]
	if n > 1 && aboutFlags[ws[0]] {
		if heads[tail] == classVersion {
			return classVersion // max_version
		}
		return classPlain
	}
	if n > 1 && (noise[tail] || allDigits(tail)) {
		if c := j.words(ws[:n-1], same, depth+1); c.sensitive() {
			return c
		}
	}
	tail = singular(tail)
	if tail == "name" && n > 2 && containers[ws[n-2]] { // contact_info.name
		return j.words(append(ws[:n-2:n-2], tail), min(same, n-2), depth+1)
	}
	if n > 1 {
		if c, ok := qualified[tail][singular(ws[n-2])]; ok {
			return c
		}
		if tail == "id" && ws[n-2] == "key" && j.words(ws[:n-1], same, depth+1) == classSecret {
			return classSecret // an access key id identifies an account
		}
	}
	if n > 1 && (tail == "number" || tail == "no" || tail == "nr" || tail == "num" || tail == "nbr") {
		if c := j.words(ws[:n-1], same, depth+1); c >= firstNumberClass && c != classPassword {
			return c
		}
		if n > 2 && numbers[ws[0]] == classNationalID {
			return classNationalID // tax file number
		}
	}
	if c, ok := heads[tail]; ok {
		return c
	}
	if descriptors[ws[n-1]] || descriptors[tail] {
		return classPlain
	}
	if n > 1 && len(tail) > 4 && (strings.HasSuffix(tail, "ed") || strings.HasSuffix(tail, "ing")) {
		return classPlain // token_expired, secret_scanning
	}
	if c := j.glued(ws, tail, same, depth); c != classNone {
		return c
	}
	if n > 1 {
		switch c := j.words(ws[:n-1], same, depth+1); {
		case c.secret(), c == classSoftSecret:
			return classSoftSecret // api_key_stripe, but token_frobnicator too
		case c >= classPhone && c < classDenied:
			return c // phone_home: the value must look like it anyway
		}
	}
	return classNone
}

// containers say nothing of whose name is in them.
var containers = wordSet(`info details detail data record object obj entity`)

// glued takes apart words written as one (pgpassword, accesstoken) and undoes
// p4ssw0rd and look-alikes.
func (j *judgement) glued(ws []string, tail string, same, depth int) class {
	n := len(ws)
	with := func(parts ...string) class {
		return j.words(append(ws[:n-1:n-1], parts...), min(same, n-1), depth+1)
	}
	if plain := lookalikesFolded(tail); plain != tail {
		if c := with(plain); c.sensitive() {
			return c
		}
	}
	if strings.ContainsAny(tail, "0134579@$") {
		if plain := deleet.Replace(tail); plain != tail && heads[plain].sensitive() {
			return heads[plain]
		}
	}
	if isDigit(tail[len(tail)-1]) {
		if trimmed := strings.TrimRight(tail, "0123456789"); trimmed != tail && len(trimmed) > 2 {
			if c := with(trimmed); c != classNone {
				return c
			}
		}
	}
	j.steps += stepsOfPart * len(tail)
	if len(tail) < 5 {
		return classNone
	}
	for i := max(2, len(tail)-longestKnown); i <= min(len(tail)-2, longestKnown); i++ {
		if known(tail[:i]) && known(tail[i:]) {
			return with(tail[:i], tail[i:])
		}
	}
	for _, noun := range gluedNouns {
		if len(tail) > len(noun) && strings.HasSuffix(tail, noun) {
			return heads[noun]
		}
	}
	for i := max(2, len(tail)-2*longestKnown); i <= min(len(tail)-4, longestKnown); i++ { // in three
		if !known(tail[:i]) {
			continue
		}
		j.steps += stepsOfPart * longestKnown
		for k := max(i+2, len(tail)-longestKnown); k <= min(len(tail)-2, i+longestKnown); k++ {
			if known(tail[i:k]) && known(tail[k:]) {
				return with(tail[:i], tail[i:k], tail[k:])
			}
		}
	}
	if last, n := utf8.DecodeLastRuneInString(tail); n > 1 {
		for _, noun := range unseparated[last] { // scripts that do not separate words
			if strings.HasSuffix(tail, noun) {
				return heads[noun]
			}
		}
	}
	return classNone
}

// unseparated are the nouns of other scripts by their last letter, the longest first.
var unseparated = func() map[rune][]string {
	m := make(map[rune][]string)
	for _, noun := range slices.Sorted(maps.Keys(heads)) {
		if last, n := utf8.DecodeLastRuneInString(noun); n > 1 && noun[0] >= utf8.RuneSelf {
			m[last] = append(m[last], noun)
		}
	}
	for _, nouns := range m {
		slices.SortStableFunc(nouns, func(a, b string) int { return len(b) - len(a) })
	}
	return m
}()

// gluedNouns are long enough to be recognised at the end of any word.
var gluedNouns = [...]string{"password", "passwd", "passphrase", "passcode", "passwort", "secret", "token", "apikey", "credential",
	"username", "firstname", "lastname", "fullname", "sessionid", "sessid"}

// known reports whether the classifier has an opinion on the word.
func known(w string) bool {
	return len(w) >= 2 && len(w) <= longestKnown && knownWords[w]
}

// knownWords are all of at least two letters that the classifier has an opinion on, and longestKnown the
// length of the longest.
var knownWords, longestKnown = func() (map[string]bool, int) {
	m, longest := make(map[string]bool), 0
	add := func(w string) {
		if len(w) >= 2 {
			m[w] = true
			longest = max(longest, len(w))
		}
	}
	for w := range heads {
		add(w)
	}
	for w := range qualified {
		add(w)
	}
	for w := range knownQualifiers {
		add(w)
	}
	for _, words := range [...]map[string]bool{noise, descriptors} {
		for w := range words {
			if len(w) > 3 {
				add(w)
			}
		}
	}
	return m, longest
}()

var knownQualifiers = func() map[string]bool {
	m := make(map[string]bool)
	for _, qs := range qualified {
		for q := range qs {
			if len(q) > 2 {
				m[q] = true
			}
		}
	}
	m["db"] = true
	return m
}()

// singular undoes the plural where that gives a word the classifier knows.
func singular(w string) string {
	if len(w) < 4 || w[len(w)-1] != 's' {
		return w
	}
	if _, ok := heads[w]; ok || knownQualifiers[w] {
		return w
	}
	for _, s := range [...]string{w[:len(w)-1], strings.TrimSuffix(w, "es")} {
		if _, ok := heads[s]; ok {
			return s
		}
		if _, ok := qualified[s]; ok || knownQualifiers[s] {
			return s
		}
	}
	return w
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
