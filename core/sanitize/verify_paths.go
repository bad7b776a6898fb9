package sanitize

import "strings"

// impersonal are directories of /home and the like that are not named after persons.
var impersonal = wordSet(`shared public default all all-users administrator admin root user users guest runner runneradmin vsts ubuntu ec2-user centos debian fedora
	node app appuser application vscode codespace jovyan circleci travis vagrant docker www www-data azureuser gitpod nonroot nobody git jenkins builder
	build deploy service containeruser containeradministrator defaultapppool publicuser linuxbrew airflow postgres mysql redis macintosh data worker work
	coder ci langflow container`)

// homeParents may stand in front of /home or /Users.
var homeParents = wordSet(`/var /usr /export /private/var /mnt/c /mnt/d /c /d /cygdrive/c /nfs /net /host_mnt /system/volumes/data /run/host /mnt /media /hostfs /rootfs /host /data`)

// home redacts the person's name in a path to a home directory; to is where it begins.
func (e *Encoder) home(s string, from, to int, k keyInfo) {
	if to <= e.covered {
		return
	}
	e.spend(stepsOfHome)
	windows := s[from] == '\\' || drive(s, from) || s[from+1] == ' '
	lit := s[from:to]
	switch {
	case hasFold(lit, "documents"):
		windows = true
	case lit[0] == '%':
	case windows:
		if lit[0] == '/' && !drive(s, from) {
			return
		}
	case k.class == classRoute && !strings.HasSuffix(s[:from], "file://"):
		return
	case hasFold(lit, "/volumes"):
		if !homeRoot(s, from) || lit != "/Volumes/" {
			return
		}
	case !homeRoot(s, from):
		return
	case hasFold(lit, "/users") && lit != "/Users/" && !strings.Contains(lit, `\`):
		return // a route
	}
	for to < len(s) && (s[to] == '\\' || s[to] == '/') {
		to++
	}
	if markLen(s[to:]) > 0 || pseudonymLen(s[to:]) > 0 {
		return
	}
	end, closed := to, false
	for end < len(s) && end-to < 64 {
		c := s[end]
		if c == '/' || c == '\\' {
			closed = true
			break
		}
		if c == '%' && (hasFold(s[end:], "%2f") || hasFold(s[end:], "%5c")) {
			closed = true
			break
		}
		if c < ' ' || c == '"' || c == '\'' || c == '`' || c == ':' || c == '<' || c == '>' || c == '|' || c == '*' || c == '?' || c == ';' || c == ',' {
			break
		}
		end++
	}
	if !closed || !windows {
		if sp := strings.IndexAny(s[to:end], " \t)]}&"); sp >= 0 && s[to] != '[' && (!windows || !closed) {
			end = to + sp
		}
	}
	for end > to && !closed && s[end-1] == '.' {
		end--
	}
	name := s[to:end]
	e.spend(2 * stepsOfValue * len(name))
	if len(name) < 2 || isMark(name) || impersonal[strings.ToLower(strings.ReplaceAll(name, " ", "-"))] || isPlaceholder(name) || strings.HasPrefix(strings.ToLower(name), "macintosh") {
		return
	}
	e.add(to, end, kindUser)
}

// tilde redacts the person's name in ~name/.
func (e *Encoder) tilde(s string, i int) {
	if i <= e.covered || i >= len(s) || lower(s[i])-'a' >= 26 || i > 1 && (s[i-2] > ' ' && !isQuote(s[i-2]) && s[i-2] != '=' && s[i-2] != ':' && s[i-2] != '/' && s[i-2] != '(') {
		return
	}
	end := run(s, i, setDotted)
	e.spend(stepsOfEnd * (end - i))
	if name := s[i:end]; len(name) >= 3 && len(name) <= 32 && end < len(s) && s[end] == '/' && !impersonal[lowerText(name)] {
		e.add(i, end, kindUser)
	}
}

// drive reports whether C: (or C%3A) is in front of index i.
func drive(s string, i int) bool {
	return i >= 2 && s[i-1] == ':' && lower(s[i-2])-'a' < 26 && startsWord(s, i-2) || i >= 4 && hasFold(s[i-3:], "%3a")
}

// homeRoot reports whether a path begins at i, or at a known parent in front of it.
func homeRoot(s string, i int) bool {
	l := i
	for l > 0 && i-l < 32 && (alphabets[s[l-1]]&setWord != 0 || s[l-1] == '/' || s[l-1] == '.') {
		l--
	}
	if l == i {
		return !isRequestLine(s[:i])
	}
	before := s[l:i]
	if strings.HasSuffix(before, "/..") {
		return true
	}
	if strings.HasSuffix(s[:i], "://") || strings.HasSuffix(s[:i], "file://localhost") {
		return true
	}
	for _, mount := range [...]string{"/mnt/", "/media/", "/srv/", "/data/", "/export/", "/nfs/", "/net/", "/volume", "/storage/", "/vol/"} {
		if hasFold(before, mount) {
			return true
		}
	}
	near, scheme := s[max(0, i-64):i], -1
	if strings.IndexByte(near, ':') >= 0 { // which is quicker to look for
		scheme = strings.LastIndex(near, "://")
	}
	if scheme >= 0 {
		name := near[:scheme]
		return !strings.HasSuffix(name, "http") && !strings.HasSuffix(name, "https") && !strings.HasSuffix(name, "ws") && !strings.HasSuffix(name, "wss") &&
			strings.LastIndexAny(near, " \"'") < scheme
	}
	return homeParents[strings.ToLower(before)]
}

// isRequestLine reports whether s ends in an HTTP method: what follows is a route.
func isRequestLine(s string) bool {
	for _, method := range [...]string{"GET ", "POST ", "PUT ", "PATCH ", "DELETE ", "HEAD ", "OPTIONS "} {
		if strings.HasSuffix(s, method) || strings.HasSuffix(s, method[:len(method)-1]+` "`) {
			return true
		}
	}
	return false
}

// machine redacts the name of a personal machine around the part that tells.
func (e *Encoder) machine(s string, from, to int) {
	if to <= e.covered || to <= e.machineEnd {
		return
	}
	e.spend(stepsOfMachine)
	l, r := from, to
	for l > 0 && from-l < 48 && (alphabets[s[l-1]]&setWord != 0) {
		l--
	}
	for r < len(s) && r-to < 48 && (alphabets[s[r]]&setWord != 0 || s[r] == '.' && r+1 < len(s) && alphabets[s[r+1]]&setAlnum != 0) {
		r++
	}
	e.machineEnd = r
	name := s[l:r]
	lname := strings.ToLower(name)
	local := strings.HasSuffix(lname, ".local") || strings.HasSuffix(lname, ".lan") || strings.HasSuffix(lname, ".home")
	mac := strings.Contains(lname, "-macbook") || strings.Contains(lname, "-imac") || strings.Contains(lname, "s-mac-") || strings.Contains(lname, "-mbp")
	lit := strings.Trim(s[from:to], "-.")
	windows := lit == strings.ToUpper(lit) && name == strings.ToUpper(name) && len(name) >= 6 && strings.IndexByte(name, '-') > 0 && strings.IndexByte(name, '_') < 0
	if (local || mac && l < from+2 || windows) && len(name) > len(lit)+2 {
		e.add(l, r, kindHost)
	}
}
