package amplitude

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/deletion"
)

// Deletion holds what Amplitude's User Privacy API asks for beside what the sink has.
type Deletion struct {
	SecretKey core.Secret `yaml:"secret_key" example:"${AMPLITUDE_SECRET_KEY}" doc:"Secret key of the project, which belongs to api_key."`
	Endpoint  string      `yaml:"endpoint" example:"http://127.0.0.1:9000" doc:"Base in place of Amplitude's."`
}

// deletionBases are the servers of the regions: https://amplitude.com/docs/apis/analytics/user-privacy
var deletionBases = map[string]string{"us": "https://amplitude.com", "eu": "https://analytics.eu.amplitude.com"}

const (
	deletionPath = "/api/2/deletions/users"
	// maxDeletions is how many people a request may be about: https://amplitude.com/docs/apis/analytics/user-privacy
	maxDeletions = 100
)

// Deletion returns the request that deletes the events and properties of the person in the project.
func (s *Sink) Deletion(ids core.PersonIDs) (core.Deletion, error) {
	d := core.Deletion{Requests: deletion.Show(s.deletions(ids)), Notes: []string{
		"Amplitude deletes within 30 days, from this project alone, and writes to the account's administrators",
		"it is documented by Amplitude and was not tried on a project",
	}}
	if s.deletion().SecretKey.IsZero() {
		d.Needs = []string{"deletion.secret_key"}
	}
	for _, id := range ids.AnonymousIDs {
		d.Notes = append(d.Notes, fmt.Sprintf("Amplitude deletes by user id or Amplitude ID only: look up the device %q, and delete by amplitude_ids", id))
	}
	return d, nil
}

// Forget asks Amplitude to delete what it has of the person.
func (s *Sink) Forget(ctx context.Context, ids core.PersonIDs) (string, error) {
	return deletion.Make(ctx, s.client, s.deletions(ids))
}

func (s *Sink) deletions(ids core.PersonIDs) (calls []deletion.Call) {
	var users []string
	for _, id := range ids.UserIDs {
		if id = usableID(id, s.minID); id != "" {
			users = append(users, id)
		}
	}
	o := s.deletion()
	for _, chunk := range deletion.Chunks(users, maxDeletions) {
		// Booleans are texts here: https://github.com/Amplitude-Developer-Docs/amplitude-dev-center/issues/696
		body, _ := json.Marshal(map[string]any{"user_ids": chunk, "ignore_invalid_id": "true", "requester": "headgate"}) // texts cannot fail
		calls = append(calls, deletion.Call{
			URL:    deletion.Base(o.Endpoint, s.deletionBase) + deletionPath,
			Scheme: "Basic", Credential: basic(s.key, o.SecretKey), Missing: "<BASE64 OF API_KEY:SECRET_KEY>", Body: string(body),
			Read: func(body []byte) (string, error) {
				var jobs []struct {
					Day    string `json:"day"`
					Status string `json:"status"`
				}
				if json.Unmarshal(body, &jobs) != nil {
					return "", deletion.ErrAnswer
				}
				if len(jobs) == 0 {
					return "Amplitude knows no such user", nil
				}
				return fmt.Sprintf("a job for %s is %s", jobs[0].Day, jobs[0].Status), nil
			},
		})
	}
	return calls
}

// basic returns user and password in the form of the header, nothing without a password.
func basic(user, password core.Secret) core.Secret {
	if password.IsZero() {
		return core.Secret{}
	}
	return core.NewSecret(base64.StdEncoding.EncodeToString([]byte(user.Reveal() + ":" + password.Reveal())))
}

var _ core.Forgetter = (*Sink)(nil)
