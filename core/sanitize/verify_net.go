package sanitize

import (
	"math/bits"
	"net/netip"
	"strings"
)

const maxAuthority = 512

// userinfo redacts name and password in a URL. to is after the :// that begins at from.
func (e *Encoder) userinfo(s string, from, to int) {
	if to <= e.covered {
		return
	}
	scheme := from
	for scheme > 0 && (alphabets[s[scheme-1]]&setAlnum != 0 || s[scheme-1] == '+' || s[scheme-1] == '-' || s[scheme-1] == '.') && from-scheme < 32 {
		scheme--
	}
	end, at := max(to, min(e.noAtEnd, to+maxAuthority)), -1
	slash := false
	web := hasFold(s[scheme:], "http") || hasFold(s[scheme:], "ws") || hasFold(s[scheme:], "file")
	for end < len(s) && end-to < maxAuthority {
		c := s[end]
		if c <= ' ' || c == '"' || c == '`' || c == '<' || c == '>' || c == '\\' {
			break
		}
		if c == '/' || c == '?' || c == '#' {
			if web || at >= 0 {
				break
			}
			slash = true
		}
		if c == '@' && (!slash || hostFollows(s, end+1)) {
			at = end
		}
		end++
	}
	e.spend(stepsOfEnd * (end - max(to, min(e.noAtEnd, to+maxAuthority))))
	if at <= to {
		e.noAtEnd = end
		return
	}
	info := s[to:at]
	colon := strings.IndexByte(info, ':')
	switch {
	case isMark(info):
	case colon < 0:
		if len(info) >= 16 && (countDigits(info) > 0 || looksRandom(info)) {
			e.add(to, at, kindCredentials)
		}
	case slash && strings.ContainsAny(info[:colon], "/?#"):
	case colon == len(info)-1:
	case isPlaceholder(info[colon+1:]):
	case isMark(info[colon+1:]):
	default:
		e.add(to, at, kindCredentials)
	}
}

func hostFollows(s string, i int) bool {
	end := i
	for end < len(s) && end-i < 255 && (alphabets[s[end]]&setAlnum != 0 || s[end] == '.' || s[end] == '-') {
		end++
	}
	return end-i >= 3 && (end == len(s) || s[end] == ':' || s[end] == '/' || s[end] == '?' || s[end] <= ' ' || s[end] == '"' || s[end] == '\'')
}

// at looks at both sides of an @ (or %40): an e-mail address, or name:password@host
// without a scheme.
func (e *Encoder) at(s string, from, to int) {
	if to <= e.covered {
		return
	}
	l := from
	for l > 0 && from-l < 128 && l > e.covered && isLocal(s[l-1]) && (l < 3 || s[l-1] != '0' || s[l-3:l] != "%40") {
		l--
	}
	e.spend(stepsOfEnd * (from - l))
	if l == from && (from <= 2 || s[from-1] != '"') {
		return
	}
	e.spend(stepsOfAt)
	for l < from && (s[l] == '.' || s[l] == '-' || s[l] == '+' || s[l] == '\'' || s[l] == '/' || s[l] == '=') {
		l++
	}
	if hasFold(s[l:from], "%3c") || hasFold(s[l:from], "%22") || hasFold(s[l:from], "%20") || hasFold(s[l:from], "%3a") {
		l += 3
	}
	if l == from && from > 2 && s[from-1] == '"' { // "Jane Roe"@example.com
		if open := strings.LastIndexByte(s[max(e.covered, from-66, 0):from-1], '"'); open >= 0 && !strings.ContainsAny(s[max(e.covered, from-66, 0)+open:from], "\n:,={") {
			l = max(e.covered, from-66, 0) + open
		}
	}
	if l == from {
		return
	}
	end, dot := to, -1
	for end < len(s) && end-to < 255 && (alphabets[s[end]]&setAlnum != 0 || s[end] == '-' || s[end] == '.' || s[end] >= 0x80) {
		if s[end] == '.' {
			dot = end
		}
		end++
	}
	for end > to && (s[end-1] == '.' || s[end-1] == '-') {
		if end--; end == dot {
			dot = strings.LastIndexByte(s[to:end], '.')
			if dot >= 0 {
				dot += to
			}
		}
	}
	e.spend(stepsOfEnd*(end-to) + stepsOfKnown)
	mail := dot > to && isTopLevel(s[dot+1:end]) && s[to] != '.' && !isImageScale(s[to:])
	if e.dsn(s, l, from, end, mail) {
		return
	}
	if l > 3 && s[l-3:l] == "://" && impersonal[lowerText(s[l:from])] {
		return
	}
	if !mail || s[l:from] == "git" && end < len(s) && (s[end] == ':' || s[end] == '/') {
		return
	}
	e.add(l, end, kindEmail)
}

// isLocal reports whether c may be part of the local part of an address, percent-encoded
// or not.
func isLocal(c byte) bool {
	switch c {
	case '.', '_', '%', '+', '-', '\'', '!', '#', '$', '*', '=', '~':
		return true
	}
	return alphabets[c]&setAlnum != 0 || c >= 0x80
}

// isImageScale recognises the @2x.png of image files.
func isImageScale(s string) bool {
	return len(s) > 2 && isDigit(s[0]) && lower(s[1]) == 'x' && s[2] == '.'
}

func isTopLevel(label string) bool {
	if len(label) < 2 || len(label) > 24 {
		return false
	}
	if strings.HasPrefix(label, "xn--") {
		return true
	}
	for i := 0; i < len(label); i++ {
		if lower(label[i])-'a' >= 26 && label[i] < 0x80 {
			return false
		}
	}
	return true
}

// dsn redacts name:password in front of the @ at index at.
func (e *Encoder) dsn(s string, l, at, end int, mail bool) bool {
	// The password may hold anything but blanks and quotes; the name is a name.
	from := at
	for from > 0 && at-from < 256 && from > e.covered {
		c := s[from-1]
		if c <= ' ' || c == '"' || c == '`' || c == '<' || c == '>' || c == '\\' || c == '\'' || c == ',' || c == '(' || c == '=' || c == '@' || c == '[' || c == '{' {
			break
		}
		from--
	}
	e.spend(stepsOfEnd * (at - from))
	if slash := strings.LastIndexByte(s[from:at], '/'); slash > 0 && strings.HasPrefix(s[at:], "@//") && slash < at-from-1 { // Oracle: name/password@//host
		name := from + strings.LastIndexByte(s[from:from+slash], ':') + 1
		e.add(name, at, kindCredentials)
		return true
	}
	colon := strings.IndexByte(s[from:at], ':')
	if colon < 1 || from+colon+1 >= at || strings.HasPrefix(s[from+colon:], "://") {
		return false
	}
	if packageSchemes[s[from:from+colon]] {
		return false
	}
	for _, c := range []byte(s[from : from+colon]) {
		if alphabets[c]&setWord == 0 && c != '.' && c != '%' && c != '+' {
			return false
		}
	}
	rest := s[end:]
	switch {
	case hasFold(s[at+1:], "sha256:"), hasFold(s[at+1:], "sha512:"): // an image
		return false
	case hasFold(s[at+1:], "tcp("), hasFold(s[at+1:], "unix("):
	case at+1 == end:
		return false
	case strings.HasPrefix(rest, "/"), len(rest) > 1 && rest[0] == ':' && isDigit(rest[1]):
		if s[at] != '@' || allDigits(s[from+colon+1:at]) && mail {
			return false
		}
	case !mail && (rest == "" || rest[0] <= ' ' || rest[0] == ')') && hostFollows(s, at+1) && looksSecretish(s[from+colon+1:at]):
	default:
		return false
	}
	if v := s[from+colon+1 : at]; isMark(v) || isPlaceholder(v) {
		return false
	}
	e.add(from, at, kindCredentials)
	return true
}

// packageSchemes stand in front of a package with a version: npm:react@18.
var packageSchemes = wordSet(`pkg npm mvn gem crate cargo pip pypi go docker oci github gitlab git yarn pnpm jsr deno nuget composer workspace file link portal patch helm brew spdx purl cpe`)

// ipv4 shortens the address that begins at s[i]; it returns where the number ends.
func (e *Encoder) ipv4(s string, i int, k keyInfo) (end int, ok bool) {
	end, last := i, i
	for part := range 4 {
		d := digitsEnd(s, end)
		if d == end || d-end > 3 || d-end > 1 && s[end] == '0' || atoi(s[end:d]) > 255 {
			return 0, false
		}
		last, end = end, d
		if part < 3 {
			if end >= len(s) || s[end] != '.' {
				return 0, false
			}
			end++
		}
	}
	if end < len(s) && (alphabets[s[end]]&setAlnum != 0 || s[end] == '_' || (s[end] == '.' || s[end] == '-') && end+1 < len(s) && alphabets[s[end+1]]&setAlnum != 0) {
		return end, false
	}
	e.spend(stepsOfAddress)
	addr, err := netip.ParseAddr(s[i:end])
	if err != nil || !e.tellsWho(addr, i == 0 && end == len(s), k) || versionBefore(s, i) || isSection(s, i, end, k) {
		return end, true
	}
	if s[last:end] != "0" {
		e.shorten(last, end, "0")
	}
	return end, true
}

// isSection reports whether s[i:end], with four single digits in running text, is the number
// of a section rather than an address: hardly anybody has one such as 7.4.1.4.
func isSection(s string, i, end int, k keyInfo) bool {
	if end-i != len("7.4.1.4") || i == 0 && end == len(s) || k.class == classIP {
		return false
	}
	next := end < len(s) && (s[end] == ':' || s[end] == '/' || s[end] == ']')
	last := i > 0 && (s[i-1] == '/' || s[i-1] == '@' || s[i-1] == '[' || s[i-1] == '=')
	return !next && !last && !hasFold(s[max(0, i-3):], "ip ") && !hasFold(s[max(0, i-5):], "from ")
}

// tellsWho reports whether an address may belong to somebody. Private addresses in
// running text are infrastructure.
func (e *Encoder) tellsWho(a netip.Addr, whole bool, k keyInfo) bool {
	switch {
	case k.class == classVersion, a.IsLoopback(), a.IsUnspecified(), a.IsMulticast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return false
	case a.IsPrivate() || a.IsLinkLocalUnicast():
		return whole || k.class == classIP
	case a.Is4() && a.As4()[0] == 0:
		return false
	}
	return true
}

func (e *Encoder) shorten(from, to int, put string) {
	if e.keepErrors {
		return
	}
	e.spans = append(e.spans, span{from: from, to: to, kind: kindIP, put: put})
}

// versionBefore reports whether four numbers are a version: Chrome/125.0.0.0, v1.2.3.4,
// version 1.2.3.4.
func versionBefore(s string, i int) bool {
	if i == 0 {
		return false
	}
	c := s[i-1]
	if before := s[max(0, i-32):i]; c == '@' && (strings.Contains(before, "ssh") || strings.Contains(before, "scp") || strings.Contains(before, "sftp") || strings.HasSuffix(before, "root@") || strings.HasSuffix(before, "admin@")) {
		return false
	}
	if lower(c) == 'v' || c == '/' && i > 1 && lower(s[i-2])-'a' < 26 || c == '^' || c == '~' || c == '@' && i > 1 && isPackage(s[:i-1]) {
		return true
	}
	j := i
	for j > 0 && (s[j-1] == ' ' || s[j-1] == '=' || s[j-1] == ':' || s[j-1] == '"' || s[j-1] == '-') {
		j--
	}
	w := j
	for w > 0 && lower(s[w-1])-'a' < 26 && j-w < 16 {
		w--
	}
	switch strings.ToLower(s[w:j]) {
	case "section", "chapter", "clause", "paragraph", "appendix", "figure", "table", "step", "rule", "oid", "version", "ver", "v", "build", "release", "firmware", "sdk", "rev", "rv", "windows", "windows-10", "driver":
		return true
	}
	return false
}

// isPackage reports whether s ends in the name of a package with a scope or path, such
// as org/app; a single word in front of @ and an address is a user.
func isPackage(s string) bool {
	for i := len(s); i > 0 && s[i-1] > ' '; i-- {
		if s[i-1] == '/' || s[i-1] == '@' {
			return !strings.HasSuffix(s[:i], "//")
		}
		if len(s)-i > 64 {
			break
		}
	}
	return false
}

// groupSigns are what the addresses of networks and machines are made of: how many
// colons, dashes and dots a byte is, in 8 bits each, and whether it is any of it.
var groupSigns = func() (t [256]uint32) {
	for c := range 256 {
		if unhex(byte(c)) >= 0 {
			t[c] = inGroup
		}
	}
	t[':'], t['-'], t['.'] = inGroup|1, inGroup|1<<8, inGroup|1<<16
	return t
}()

const inGroup = 1 << 31

// nextGroupSign returns where the next colon, dash or dot from i on is, len(s) if there is none.
func nextGroupSign(s string, i int) int {
	for ; i+8 <= len(s); i += 8 {
		x := wordAt(s, i)
		colon, dash, dot := x^':'*ones, x^'-'*ones, x^'.'*ones
		if found := ((colon-ones)&^colon | (dash-ones)&^dash | (dot-ones)&^dot) & tops; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(s) && s[i] != ':' && s[i] != '-' && s[i] != '.' {
		i++
	}
	return i
}

// hexGroups looks for IPv6 and MAC addresses: runs of hex digits, colons and dashes.
func (e *Encoder) hexGroups(s string, k keyInfo) {
	for i := 0; i < len(s); {
		sign := nextGroupSign(s, i)
		if sign >= len(s) {
			return
		}
		from := sign
		for from > i && groupSigns[s[from-1]] != 0 {
			from--
		}
		if from == sign && s[sign] != ':' {
			i = sign + 1
			continue // begins with none of these
		}
		i = sign
		signs := uint32(0)
		for i < len(s) && groupSigns[s[i]] != 0 {
			signs += groupSigns[s[i]] &^ inGroup
			i++
		}
		if e.left -= stepsOfGroup; e.spent() {
			return
		}
		if i-from > 64 {
			continue
		}
		colons, dashes, dots := signs&0xff, signs>>8&0xff, signs>>16&0xff
		to := i
		if i-from < 3 || colons < 2 && dashes != 5 && dots < 2 {
			continue
		}
		e.spend(stepsOfMatch)
		if dashes == 5 && s[from] == ':' {
			from++ // wifi:00-1A-…
		}
		if from > 0 && (alphabets[s[from-1]]&setAlnum != 0 || s[from-1] == '_') || to < len(s) && (alphabets[s[to]]&setAlnum != 0 || s[to] == '_') {
			continue
		}
		for to > from && (s[to-1] == '.' || s[to-1] == '-' || s[to-1] == ':' && !strings.HasSuffix(s[from:to], "::")) {
			to--
		}
		for from < to && (s[from] == '-' || s[from] == '.' || s[from] == ':' && !strings.HasPrefix(s[from:to], "::")) {
			from++
		}
		if isMAC(s[from:to]) {
			e.add(from, to, kindMAC)
			continue
		}
		e.ipv6(s, from, to, k)
	}
}

func (e *Encoder) ipv6(s string, from, to int, k keyInfo) {
	if strings.Count(s[from:to], ":") < 2 || to-from > 45 {
		return
	}
	e.spend(stepsOfAddress)
	addr, err := netip.ParseAddr(s[from:to])
	if err != nil || !addr.Is6() || addr.Is4In6() || !e.tellsWho(addr, to-from+4 >= len(s), k) {
		return
	}
	prefix, err := addr.Prefix(48)
	if err != nil || prefix.Addr() == addr || to-from < 6 {
		return
	}
	e.shorten(from, to, prefix.Addr().String())
}

// isMAC accepts 00:11:22:33:44:55, with dashes, and 0011.2233.4455.
func isMAC(s string) bool {
	if len(s) == 14 && s[4] == '.' && s[9] == '.' {
		return run(s, 0, setHex) == 4 && run(s, 5, setHex) == 9 && run(s, 10, setHex) == 14
	}
	if len(s) != 17 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if i%3 == 2 {
			if s[i] != s[2] || s[i] != ':' && s[i] != '-' {
				return false
			}
		} else if unhex(s[i]) < 0 {
			return false
		}
	}
	return s != "00:00:00:00:00:00" && s != "ff:ff:ff:ff:ff:ff"
}

func atoi(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n
}
