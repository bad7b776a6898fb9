// Command betterleaks cleans texts of what the detector of betterleaks finds in them, with its default rules and
// without asking a vendor whether a credential is valid. Each finding is credited with taking what was found out
// wherever the text has it.
//
// It is the program of gitleaks but for the package, which detect has in both: what a scrubber takes is measured by
// process, and one that linked both would have the rules of the other in memory, too.
package main

import (
	"strings"

	"github.com/betterleaks/betterleaks/detect"
	"github.com/rs/zerolog"

	"github.com/headgate-dev/headgate/bench/internal/scrub"
)

// decodeDepth is what the command of betterleaks has by default.
const decodeDepth = 5

func main() { scrub.Main(open) }

func open(scrub.Setup) (scrub.Scrubber, error) {
	zerolog.SetGlobalLevel(zerolog.Disabled)
	d, err := detect.NewDetectorDefaultConfig()
	if err != nil {
		return nil, err
	}
	d.MaxDecodeDepth = decodeDepth
	return scrub.Texts(func(key, text string) string {
		var found []string
		for _, f := range d.DetectString(key + `: "` + text + `"`) {
			if secret := f.Secret; !strings.Contains(key, secret) {
				found = append(found, secret)
			}
		}
		return scrub.Without(text, found...)
	}), nil
}
