// Command trufflehog cleans texts of what the detectors of TruffleHog find in them, without asking a vendor whether a
// credential is valid. Each finding is credited with taking what was found out wherever the text has it.
package main

import (
	"context"
	"strings"

	"github.com/trufflesecurity/trufflehog/v3/pkg/detectors"
	"github.com/trufflesecurity/trufflehog/v3/pkg/engine/ahocorasick"
	"github.com/trufflesecurity/trufflehog/v3/pkg/engine/defaults"

	"github.com/headgate-dev/headgate/bench/internal/scrub"
)

func main() { scrub.Main(open) }

func open(scrub.Setup) (scrub.Scrubber, error) {
	core := ahocorasick.NewAhoCorasickCore(defaults.DefaultDetectors())
	return scrub.Texts(func(key, text string) string {
		var found []string
		for _, match := range core.FindDetectorMatches([]byte(key + `: "` + text + `"`)) {
			for _, part := range match.Matches() {
				results, err := match.FromData(context.Background(), false, part)
				if err != nil {
					continue // it finds nothing then, as in the engine
				}
				isFalse := detectors.GetFalsePositiveCheck(match.Detector)
				for _, result := range results {
					if not, _ := isFalse(result); not {
						continue
					}
					for _, raw := range [][]byte{result.Raw, result.RawV2} {
						if secret := string(raw); strings.Contains(text, secret) {
							found = append(found, secret)
						}
					}
				}
			}
		}
		return scrub.Without(text, found...)
	}), nil
}
