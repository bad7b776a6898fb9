package mixpanel

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/deletion"
)

// Deletion holds what Mixpanel's GDPR API asks for beside what the sink has.
type Deletion struct {
	Token    core.Secret `yaml:"token" example:"${MIXPANEL_GDPR_TOKEN}" doc:"OAuth token for GDPR requests, from your personal settings, Data & Privacy; it is good for a year."`
	Endpoint string      `yaml:"endpoint" example:"http://127.0.0.1:9000" doc:"Base in place of Mixpanel's application server."`
}

// appBases are the application servers of the regions: https://docs.mixpanel.com/reference/gdpr-api
var appBases = map[string]string{"us": "https://mixpanel.com", "eu": "https://eu.mixpanel.com", "in": "https://in.mixpanel.com"}

const (
	deletionPath = "/api/app/data-deletions/v3.0/"
	// maxDeletions is how many people a request may be about: https://docs.mixpanel.com/reference/gdpr-api
	maxDeletions = 2000
)

// Deletion returns the request that deletes the events and profiles of the person.
func (s *Sink) Deletion(ids core.PersonIDs) (core.Deletion, error) {
	d := core.Deletion{Requests: deletion.Show(s.deletions(ids)), Notes: []string{
		"Mixpanel takes up to several weeks, and tells how far it is under the task's id",
		"it is documented by Mixpanel and was not tried on a project",
	}}
	if s.deletion().Token.IsZero() {
		d.Needs = []string{"deletion.token"}
	}
	return d, nil
}

// Forget asks Mixpanel to delete what it has of the person.
func (s *Sink) Forget(ctx context.Context, ids core.PersonIDs) (string, error) {
	return deletion.Make(ctx, s.client, s.deletions(ids))
}

func (s *Sink) deletions(ids core.PersonIDs) (calls []deletion.Call) {
	var distinct []string
	for _, id := range ids.UserIDs {
		if id = idOf(id, maxText); id != "" {
			distinct = append(distinct, id)
		}
	}
	for _, id := range ids.AnonymousIDs {
		if id = idOf(id, maxText-len(devicePrefix)); id != "" {
			distinct = append(distinct, devicePrefix+id)
		}
	}
	o := s.deletion()
	for _, chunk := range deletion.Chunks(distinct, maxDeletions) {
		body, _ := json.Marshal(map[string]any{"compliance_type": "GDPR", "distinct_ids": chunk}) // strings cannot fail
		calls = append(calls, deletion.Call{
			URL:   deletion.Base(o.Endpoint, s.appBase) + deletionPath,
			Query: "token", QueryValue: s.token,
			Scheme: "Bearer", Credential: o.Token, Missing: "<GDPR_OAUTH_TOKEN>", Body: string(body),
			Read: func(body []byte) (string, error) {
				var answer struct {
					Status  string `json:"status"`
					Results struct {
						TaskID json.RawMessage `json:"task_id"`
					} `json:"results"`
				}
				if json.Unmarshal(body, &answer) != nil || answer.Status != "ok" || len(answer.Results.TaskID) == 0 {
					return "", deletion.ErrAnswer
				}
				return fmt.Sprintf("task %s was begun", answer.Results.TaskID), nil
			},
		})
	}
	return calls
}

var _ core.Forgetter = (*Sink)(nil)
