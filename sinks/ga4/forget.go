package ga4

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/deletion"
	"github.com/headgate-dev/headgate/sinks/internal/placeholder"
)

// Deletion holds what Google's User Deletion API asks for beside what the sink has.
type Deletion struct {
	PropertyID string      `yaml:"property_id" example:"123456789" doc:"Number of the GA4 property, from Admin, Property details."`
	Token      core.Secret `yaml:"token" example:"${GA4_DELETION_TOKEN}" doc:"OAuth 2.0 access token with the scope https://www.googleapis.com/auth/analytics.user.deletion."`
	Endpoint   string      `yaml:"endpoint" example:"http://127.0.0.1:9000" doc:"Base in place of https://www.googleapis.com."`
}

const (
	deletionBase = "https://www.googleapis.com"
	deletionPath = "/analytics/v3/userDeletion/userDeletionRequests:upsert"
	deletionKind = "analytics#userDeletionRequest"
)

// deletionRequest is the body: https://developers.google.com/analytics/devguides/config/userdeletion/v3/reference/userDeletion/userDeletionRequest
type deletionRequest struct {
	Kind string `json:"kind"`
	ID   struct {
		Type   string `json:"type"`
		UserID string `json:"userId"`
	} `json:"id"`
	PropertyID string `json:"propertyId"`
}

// Deletion returns a request for each id by which GA4 knows the person: those of users, and
// the client ids that were made of both.
func (s *Sink) Deletion(ids core.PersonIDs) (core.Deletion, error) {
	o := s.deletion()
	d := core.Deletion{Requests: deletion.Show(s.deletions(ids)), Notes: []string{
		"Google deletes the events within about two weeks of the request, and hides the user from individual reports within 72 hours; aggregates in reports stay",
		"it is documented by Google and was not tried on a property",
	}}
	if o.PropertyID == "" {
		d.Needs = append(d.Needs, "deletion.property_id")
	}
	if o.Token.IsZero() {
		d.Needs = append(d.Needs, "deletion.token")
	}
	return d, nil
}

// Forget asks Google to delete what it has of the person.
func (s *Sink) Forget(ctx context.Context, ids core.PersonIDs) (string, error) {
	return deletion.Make(ctx, s.client, s.deletions(ids))
}

func (s *Sink) deletions(ids core.PersonIDs) (calls []deletion.Call) {
	device := "CLIENT_ID"
	if s.appStream {
		device = "APP_INSTANCE_ID"
	}
	var devices []string
	for _, id := range ids.UserIDs {
		if id = placeholder.ID(id); id != "" {
			calls = append(calls, s.deletionOf("USER_ID", id))
			devices = append(devices, s.deviceOf(id)) // of events without an anonymous id
		}
	}
	for _, id := range ids.AnonymousIDs {
		if id = placeholder.ID(id); id != "" {
			devices = append(devices, s.deviceOf(id))
		}
	}
	slices.Sort(devices)
	for _, id := range slices.Compact(devices) {
		calls = append(calls, s.deletionOf(device, id))
	}
	return calls
}

// deviceOf returns the id of the client, or of the instance of an app, that is made of an id.
func (s *Sink) deviceOf(id string) string {
	if s.appStream {
		return instanceID(s.idKey, id)
	}
	return clientID(s.idKey, id)
}

func (s *Sink) deletionOf(typ, id string) deletion.Call {
	o := s.deletion()
	r := deletionRequest{Kind: deletionKind, PropertyID: cmp.Or(o.PropertyID, "<PROPERTY_ID>")}
	r.ID.Type, r.ID.UserID = typ, id
	var body strings.Builder
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // of <PROPERTY_ID>
	_ = enc.Encode(r)        // strings cannot fail
	return deletion.Call{
		URL:    deletion.Base(o.Endpoint, deletionBase) + deletionPath,
		Scheme: "Bearer", Credential: o.Token, Missing: "<ACCESS_TOKEN>", Body: strings.TrimSpace(body.String()),
		Read: func(body []byte) (string, error) {
			var answer struct {
				Time string `json:"deletionRequestTime"`
			}
			if json.Unmarshal(body, &answer) != nil || answer.Time == "" {
				return "", deletion.ErrAnswer
			}
			return fmt.Sprintf("%s: asked at %s", typ, answer.Time), nil
		},
	}
}

var _ core.Forgetter = (*Sink)(nil)
