package sanitize

import "strings"

// Bounds of the table that is looked for in a text.
const (
	maxHeader = 512
	maxLines  = 64
	maxTable  = 8 << 10
)

// column looks at a name that is a cell of the first line of separated values: what
// stands in its column below is judged by it.
func (e *Encoder) column(s string, l, r int) {
	if r >= len(s) || r > maxHeader || s[r] != ',' && s[r] != ';' && s[r] != '\t' && s[r] != '\n' || l > 0 && s[l-1] != ',' && s[l-1] != ';' && s[l-1] != '\t' && s[l-1] != '\n' {
		return
	}
	end := strings.IndexByte(s[:min(len(s), maxHeader)], '\n')
	if end < r || r == end && l == 0 {
		return
	}
	sep := s[r]
	if r == end {
		sep = s[l-1]
	}
	e.spend(stepsOfKnown + end)
	columns, at := strings.Count(s[:end], string(sep)), strings.Count(s[:l], string(sep))
	c := e.classifyName(s[l:r])
	if columns == 0 || columns > maxColumns || !c.sensitive() {
		return
	}
	for line := 0; line < maxLines && end < len(s) && end < maxTable; line++ {
		from := end + 1
		if end = strings.IndexByte(s[from:], '\n'); end < 0 {
			end = len(s)
		} else {
			end += from
		}
		e.spend(2*(end-from) + stepsOfKnown)
		if strings.Count(s[from:end], string(sep)) != columns {
			return
		}
		for range at {
			from += strings.IndexByte(s[from:end], sep) + 1
		}
		to := end
		if next := strings.IndexByte(s[from:end], sep); next >= 0 {
			to = from + next
		}
		if v := strings.TrimSpace(s[from:to]); v != "" && e.finds(c, strings.Trim(v, `"`), byKey) {
			e.add(from, to, c.kind())
		}
	}
}

// signature redacts what signs a request, after a scheme and a time: t=1,v1=5257a8….
func (e *Encoder) signature(s string, from int) {
	end := lineEnd(s, from)
	e.spend(stepsOfEnd * (end - from))
	for i := from; i < end; {
		eq := strings.IndexByte(s[i:end], '=')
		if eq < 0 {
			return
		}
		i += eq + 1
		if to := run(s, i, setHex); to-i >= 32 {
			e.add(i, to, kindSecret)
		}
	}
}
