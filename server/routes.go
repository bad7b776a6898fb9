package server

import (
	"net/http"
	"strings"

	"github.com/headgate-dev/headgate/server/segment"
)

// Route returns which of the front door's paths a request is for, "" for one that is not there.
// There are few, whatever is asked for, so that they may be labels of metrics.
func Route(r *http.Request) string {
	switch path := cleaned(r.URL.Path); path {
	case "/v1/events", "/v1/beacon", "/headgate.js":
		return path
	default:
		if name, ok := strings.CutPrefix(path, "/v1/"); ok {
			if _, known := segment.Endpoints()[name]; known {
				return path
			}
		}
	}
	if _, isLangflow := langflowParts(r.URL); isLangflow {
		return "/langflow"
	}
	return ""
}

// cleaned returns a path with one slash at its beginning: a base URL that ends in a slash makes it two.
func cleaned(path string) string { return "/" + strings.TrimLeft(path, "/") }
