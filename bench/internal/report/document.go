package report

import (
	"fmt"
	"strings"
)

// Fill returns a document with the text between each pair of marks replaced:
//
//	<!-- measured: NAME -->
//	…
//	<!-- end -->
//
// text returns what belongs there, or false if there is no such name.
func Fill(document string, text func(name string) (string, bool)) (string, error) {
	const begin, end, close = "<!-- measured: ", "<!-- end -->", " -->"
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(document, begin)
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, rest, closed := strings.Cut(rest, close)
		_, rest, ended := strings.Cut(rest, end)
		if !closed || !ended {
			return "", fmt.Errorf("the mark of %q is not closed, or has no %s", name, end)
		}
		filling, known := text(name)
		if !known {
			return "", fmt.Errorf("there is no table %q", name)
		}
		fmt.Fprintf(&b, "%s%s%s\n%s\n%s", begin, name, close, strings.TrimSpace(filling), end)
		document = rest
	}
}
