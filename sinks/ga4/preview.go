package ga4

import "github.com/headgate-dev/headgate/core"

const mask = "[redacted]"

// Preview returns the requests that Send would make.
func (s *Sink) Preview(batch []core.Sealed) ([]core.Request, error) {
	requests, failed := s.requests(batch)
	if len(requests) == 0 {
		return nil, failed.OrNil()
	}
	shown := make([]core.Request, 0, len(requests))
	for _, r := range requests {
		shown = append(shown, core.Request{
			Method: "POST", URL: s.base + pathCollect + "?" + s.query + "&api_secret=" + mask, Header: header(),
			Body: string(r.body),
		})
	}
	return shown, nil
}
