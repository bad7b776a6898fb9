package amplitude

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
)

// answer is the body of a response, as far as it matters.
// https://amplitude.com/docs/apis/analytics/http-v2 "Status codes"
type answer struct {
	Code  int    `json:"code"`
	Error string `json:"error"`

	InvalidFields map[string][]int `json:"events_with_invalid_fields"`
	MissingFields map[string][]int `json:"events_with_missing_fields"`
	InvalidIDs    map[string][]int `json:"events_with_invalid_id_lengths"`
	Silenced      []int            `json:"silenced_events"`

	Throttled        []int              `json:"throttled_events"`
	ThrottledUsers   map[string]float64 `json:"throttled_users"`
	ThrottledDevices map[string]float64 `json:"throttled_devices"`
	SilencedDevices  []string           `json:"silenced_devices"`
	OverQuotaUsers   map[string]float64 `json:"exceeded_daily_quota_users"`
	OverQuotaDevices map[string]float64 `json:"exceeded_daily_quota_devices"`
}

// judge says what an answer means for the events of an upload, by their index in it.
func (s *Sink) judge(req transport.Request, resp *transport.Response, up upload) error {
	a, text := read(resp.Body)
	status := resp.Status
	if status/100 == 2 {
		if a.Code == 0 || a.Code/100 == 2 {
			return nil
		}
		status = a.Code // something on the way changed the status
	}
	whole := s.client.Classify(req, &transport.Response{Status: status, Header: resp.Header, Body: text})
	switch status {
	case http.StatusBadRequest:
		if isAboutKey(a.Error) {
			return core.Unauthorized(whole)
		}
	case http.StatusTooManyRequests:
	default:
		return whole
	}
	if partial := a.byEvent(up, whole); len(partial.Failed) > 0 {
		return partial
	}
	return whole
}

// read returns the answer in a body, and what of the body may be shown: the lists have ids of
// users in them.
func read(body []byte) (a answer, text []byte) {
	err := json.Unmarshal(body, &a)
	var otherType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return a, []byte(a.Error)
	case errors.As(err, &otherType): // than documented: what it took for lists cannot be trusted
		return answer{Code: a.Code, Error: a.Error}, []byte(a.Error)
	case looksLikeJSON(body): // broken off
		return answer{}, nil
	default:
		return answer{}, body
	}
}

func looksLikeJSON(body []byte) bool {
	return strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 64)])), "{")
}

// isAboutKey tells the 400 for a bad key, "Invalid API key: …", from those for bad events.
func isAboutKey(text string) bool {
	return strings.HasPrefix(strings.ToLower(text), "invalid api key")
}

// byEvent judges each event that the answer names, and sends the others again. It is empty
// if the answer names none, and then nothing is known.
func (a *answer) byEvent(up upload, whole error) *core.BatchError {
	_, wait := core.Classify(whole)
	refused, throttled := core.Permanent(whole), core.RetryAfter(max(wait, throttleWait), whole)
	bad, slow := a.refused(), setOf(a.Throttled)
	partial := new(core.BatchError)
	for i, id := range up.ids {
		switch {
		case bad[i], slices.Contains(a.SilencedDevices, id.device) && id.device != "",
			names(a.OverQuotaUsers, id.user), names(a.OverQuotaDevices, id.device):
			partial.Fail(i, refused)
		case slow[i], names(a.ThrottledUsers, id.user), names(a.ThrottledDevices, id.device):
			partial.Fail(i, throttled)
		}
	}
	if len(partial.Failed) == 0 {
		return partial
	}
	// The upload was refused as a whole, so the others were not stored.
	rest := core.RetryAfter(max(wait, resendWait), errNotNamed)
	for i := range up.ids {
		if partial.Failed[i] == nil {
			partial.Fail(i, rest)
		}
	}
	return partial
}

var errNotNamed = errors.New("the upload was refused for other events in it")

// refused returns the indexes of events that are not to be sent again.
func (a *answer) refused() map[int]bool {
	lists := [][]int{a.Silenced}
	for _, fields := range []map[string][]int{a.InvalidFields, a.MissingFields, a.InvalidIDs} {
		for _, indexes := range fields {
			lists = append(lists, indexes)
		}
	}
	return setOf(lists...)
}

func setOf(lists ...[]int) map[int]bool {
	set := make(map[int]bool)
	for _, list := range lists {
		for _, i := range list {
			set[i] = true
		}
	}
	return set
}

func names(ids map[string]float64, id string) bool {
	_, named := ids[id]
	return named && id != ""
}
