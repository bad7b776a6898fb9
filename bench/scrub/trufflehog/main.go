// Command trufflehog cleans texts of what the detectors of TruffleHog find in them, decoded as its engine does, without
// asking a vendor whether a credential is valid. Each finding is credited with taking what was found out wherever the
// text has it.
package main

import (
	"context"
	"strings"

	"github.com/trufflesecurity/trufflehog/v3/pkg/decoders"
	"github.com/trufflesecurity/trufflehog/v3/pkg/detectors"
	"github.com/trufflesecurity/trufflehog/v3/pkg/engine/ahocorasick"
	"github.com/trufflesecurity/trufflehog/v3/pkg/engine/defaults"
	"github.com/trufflesecurity/trufflehog/v3/pkg/sources"

	"github.com/headgate-dev/headgate/bench/internal/scrub"
)

func main() { scrub.Main(open) }

// engine is what TruffleHog's does with a chunk, without its workers, which would be a channel for each text.
type engine struct {
	core     *ahocorasick.Core
	decoders []decoders.Decoder
}

func open(scrub.Setup) (scrub.Scrubber, error) {
	e := engine{ahocorasick.NewAhoCorasickCore(defaults.DefaultDetectors()), decoders.DefaultDecoders()}
	return scrub.Texts(e.clean), nil
}

func (e engine) clean(key, text string) string {
	var found []string
	for i, decoder := range e.decoders {
		chunk := decoder.FromChunk(&sources.Chunk{Data: []byte(key + `: "` + text + `"`)})
		if chunk == nil {
			continue
		}
		for _, result := range e.detect(chunk.Data) {
			for _, secret := range secrets(result) {
				// The first decoder gives the text as it is: what is not in it was found in the key.
				if strings.Contains(text, secret) || i > 0 && !strings.Contains(key, secret) {
					found = append(found, secret)
				}
			}
		}
	}
	return scrub.Without(text, found...)
}

// detect returns what is found and is no known false alarm.
func (e engine) detect(data []byte) (found []detectors.Result) {
	for _, match := range e.core.FindDetectorMatches(data) {
		isFalse := detectors.GetFalsePositiveCheck(match.Detector)
		for _, part := range match.Matches() {
			results, err := match.FromData(context.Background(), false, part)
			if err != nil {
				continue // it finds nothing then, as in the engine
			}
			for _, result := range results {
				if not, _ := isFalse(result); !not {
					found = append(found, result)
				}
			}
		}
	}
	return found
}

// secrets are the parts of a result: of some there are two, of which the second is only in what has both.
func secrets(r detectors.Result) []string {
	first := string(r.Raw)
	second := strings.Trim(strings.Replace(string(r.RawV2), first, "", 1), ":;,|")
	return []string{first, second}
}
