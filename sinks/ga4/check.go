package ga4

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// validation is the answer of Google's validation server.
// https://developers.google.com/analytics/devguides/collection/protocol/ga4/validating-events
type validation struct {
	Messages *[]struct {
		FieldPath   string `json:"fieldPath"`
		Description string `json:"description"`
		Code        string `json:"validationCode"`
	} `json:"validationMessages"`
}

// Check sends an event to Google's validation server, which records nothing. It answers
// whether the server is reached and takes the form of the requests; it does not know
// whether api_secret and measurement_id are right.
func (s *Sink) Check(ctx context.Context) error {
	event, err := core.Seal(core.Config{}, core.Event{Name: "headgate_check", AnonymousID: "headgate-check", Time: time.Now()})
	if err != nil {
		return err
	}
	requests, failed := s.requests([]core.Sealed{event})
	if len(requests) == 0 {
		return failed.OrNil()
	}
	req := s.request(pathDebug, requests[0].body)
	resp, err := s.client.Do(ctx, req)
	if err != nil {
		return err
	}
	if err := s.client.Classify(req, resp); err != nil {
		return err
	}
	var answer validation
	if json.Unmarshal(resp.Body, &answer) != nil || answer.Messages == nil {
		return errors.New("the answer is not that of Google's validation server; is endpoint right?")
	}
	var problems []string
	for _, m := range *answer.Messages {
		problems = append(problems, fmt.Sprintf("%s %s: %s", m.Code, m.FieldPath, m.Description))
	}
	if len(problems) > 0 {
		return s.client.Redact(core.Permanent(errors.New("Google's validation server objects: " + strings.Join(problems, "; "))))
	}
	return nil
}
