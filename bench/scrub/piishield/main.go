// Command piishield cleans texts with pii-shield, as it comes. It is made for lines of logs: of the ways to write a
// value with its key as one, `key: value` is the one that it finds most in, whole objects in JSON the one it finds least.
package main

import (
	"strings"

	"github.com/aragossa/pii-shield/pkg/scanner"

	"github.com/headgate-dev/headgate/bench/internal/scrub"
)

func main() { scrub.Main(open) }

func open(scrub.Setup) (scrub.Scrubber, error) {
	return scrub.Texts(func(key, text string) string {
		line := scanner.ScanAndRedact(key + ": " + text)
		return strings.TrimPrefix(line, key+": ")
	}), nil
}
