package sanitize

import "strings"

// shaped adds a token without a known prefix whose shape still tells: Mailgun's and
// Mailchimp's keys, Asana's, and those of vendors not known here that put what the
// token is in front of it, as in acme_live_… and acme-api-key-….
func (e *Encoder) shaped(s string, from, to int, k keyInfo) bool {
	text := s[from:to]
	e.spend(stepsOfEnd * len(text))
	hex := run(text, 0, setHex)
	switch {
	case hex == 32 && len(text) == 50 && text[32] == '-' && text[41] == '-' && run(text, 33, setHex) == 41 && run(text, 42, setHex) == 50:
	case hex == 32 && len(text) > 35 && len(text) < 39 && text[32:35] == "-us" && allDigits(text[35:]):
	case hex == 1 && len(text) > 17 && text[1] == '/' && to+33 <= len(s) && s[to] == ':' && isAsana(text[2:]) && run(s, to+1, setHex) == to+33:
		to += 33
	case strings.HasPrefix(text, twitterBearer) && countDigits(text) > 2:
		to = run(s, from, setAny)
	case len(text) >= 44 && text[:3] == "pk_" && allDigits(text[3:11]) && text[11] == '_': // ClickUp
	case k.class == classID || !saysToken(text):
		return false
	}
	if !startsWord(s, from) || !endsWord(s, to) {
		return false
	}
	e.add(from, to, kindAPIKey)
	return true
}

// twitterBearer begins the bearer tokens of X.
const twitterBearer = "AAAAAAAAAAAAAAAAAAAAA"

// isAsana reports whether text is one or two account numbers.
func isAsana(text string) bool {
	user, rest, two := strings.Cut(text, "/")
	return len(user) >= 14 && allDigits(user) && (!two || allDigits(rest))
}

const (
	maxTokenPrefix = 28
	minTokenBody   = 20
)

// saysToken reports whether the words in front of a long random part say that it is
// a credential.
func saysToken(text string) bool {
	if len(text) <= minTokenBody {
		return false
	}
	i, telling, stage := 0, false, false
	for i < len(text) && i < maxTokenPrefix {
		end := i
		for end < len(text) && alphabets[text[end]]&setAlnum != 0 {
			end++
		}
		if end-i >= minTokenBody {
			return i > 0 && (telling || stage && run(text, i, setHex) < end) && hasDenseRun(text[i:end])
		}
		if end == len(text) || text[end] != '_' && text[end] != '-' {
			return false
		}
		if w := text[i:end]; len(w) >= 2 && len(w) <= maxTokenWord && !isDigit(w[0]) {
			said := tokenWords[w]
			telling, stage = telling || said == saysKey, stage || said == saysStage
		}
		i = end + 1
		if telling && len(text)-i >= minTokenBody && mixesAll(text[i:]) {
			return true
		}
	}
	return false
}

// mixesAll reports whether digits and both cases are in text, as words do not have them.
func mixesAll(text string) bool {
	n, d, u := len(text), countDigits(text), upperCount(text)
	return d >= 2 && u >= 3 && n-d-u >= 3 && looksRandom(text)
}

const (
	saysKey   = 1 + iota // that it is a credential
	saysStage            // where it is valid
)

// tokenWords stand in front of the random part of a token.
var tokenWords = func() map[string]uint8 {
	words := make(map[string]uint8)
	for _, w := range strings.Fields(`key sk ak pat tok token secret sec api apikey priv private oauth pw cred creds webhook signing signkey skey rk uak pak sak
		KEY TOKEN SECRET API PAT APIKEY accesstoken accesskey apitoken authtoken bearer refresh license deploy`) {
		words[w] = saysKey
	}
	for _, w := range strings.Fields(`live prod test sandbox stg LIVE PROD TEST`) {
		words[w] = saysStage
	}
	return words
}()

// maxTokenWord is the length of the longest of them.
const maxTokenWord = len("accesstoken")
