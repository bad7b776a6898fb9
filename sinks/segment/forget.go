package segment

import (
	"context"
	"encoding/json"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/deletion"
	"github.com/headgate-dev/headgate/sinks/internal/placeholder"
)

// Deletion holds what Segment's Public API asks for beside what the sink has.
type Deletion struct {
	Token    core.Secret `yaml:"token" example:"${SEGMENT_PUBLIC_API_TOKEN}" doc:"Public API token of a workspace owner."`
	Endpoint string      `yaml:"endpoint" example:"http://127.0.0.1:9000" doc:"Base in place of Segment's Public API."`
}

// apiBases are the Public API in the regions: https://docs.segmentapis.com/
var apiBases = map[string]string{"us": "https://api.segmentapis.com", "eu": "https://eu1.api.segmentapis.com"}

const (
	deletionPath = "/regulations"
	deletionType = "application/vnd.segment.v1+json"
	// maxDeletions is how many people a regulation may be about:
	// https://www.twilio.com/docs/segment/privacy/user-deletion-and-suppression
	maxDeletions = 5000
)

// Deletion returns the request that deletes what the workspace has of the person, and asks its
// destinations to. It suppresses nothing: who is forgotten may come back.
func (s *Sink) Deletion(ids core.PersonIDs) (core.Deletion, error) {
	d := core.Deletion{Requests: deletion.Show(s.deletions(ids)), Notes: []string{
		"Segment deletes within 30 days, from all sources of the workspace, and forwards the request to the destinations that know it; some of them charge for it",
		"it is documented by Segment and was not tried on a workspace",
	}}
	if s.deletion().Token.IsZero() {
		d.Needs = []string{"deletion.token"}
	}
	if len(ids.AnonymousIDs) > 0 {
		d.Notes = append(d.Notes, "regulations go by user id: events with an anonymous id alone stay")
	}
	return d, nil
}

// Forget asks Segment to delete what it has of the person.
func (s *Sink) Forget(ctx context.Context, ids core.PersonIDs) (string, error) {
	return deletion.Make(ctx, s.client, s.deletions(ids))
}

func (s *Sink) deletions(ids core.PersonIDs) (calls []deletion.Call) {
	var users []string
	for _, id := range ids.UserIDs {
		if id = placeholder.ID(id); id != "" {
			users = append(users, id)
		}
	}
	o := s.deletion()
	for _, chunk := range deletion.Chunks(users, maxDeletions) {
		body, _ := json.Marshal(map[string]any{"regulationType": "DELETE_ONLY", "subjectType": "USER_ID", "subjectIds": chunk}) // strings cannot fail
		calls = append(calls, deletion.Call{
			URL:    deletion.Base(o.Endpoint, s.apiBase) + deletionPath,
			Scheme: "Bearer", Credential: o.Token, Missing: "<PUBLIC_API_TOKEN>", Type: deletionType, Body: string(body),
			Read: func(body []byte) (string, error) {
				var answer struct {
					Data struct {
						ID string `json:"regulateId"`
					} `json:"data"`
				}
				if json.Unmarshal(body, &answer) != nil || answer.Data.ID == "" {
					return "", deletion.ErrAnswer
				}
				return "regulation " + answer.Data.ID + " was begun", nil
			},
		})
	}
	return calls
}

var _ core.Forgetter = (*Sink)(nil)
