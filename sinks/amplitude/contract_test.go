package amplitude

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinktest"
)

func TestTheSinkKeepsTheContract(t *testing.T) {
	for _, api := range []string{apiBatch, apiHTTP} {
		t.Run(api, func(t *testing.T) {
			sinktest.Run(t, sinktest.Harness{
				New: func(t testing.TB, env sinktest.Env) (core.Sink, error) {
					return New(t.Context(), env.Env, Config{APIKey: env.Secret("api_key"), Endpoint: env.URL, API: api})
				},
				HTTP: &sinktest.HTTP{IDs: uploadedIDs, Reject: rejects, AllOrNothing: true, Accept: func(sinktest.Request) sinktest.Answer {
					return sinktest.Answer{Body: `{"code":200}`}
				}},
			})
		})
	}
}

func uploadedIDs(r sinktest.Request) (ids []string) {
	var body struct {
		Events []struct {
			ID string `json:"insert_id"`
		} `json:"events"`
	}
	if json.Unmarshal(r.Body, &body) != nil {
		return nil
	}
	for _, e := range body.Events {
		ids = append(ids, e.ID)
	}
	return ids
}

// rejects names events by their place. Amplitude takes none of such a request.
func rejects(r sinktest.Request, bad []string) sinktest.Answer {
	var places []int
	for i, id := range uploadedIDs(r) {
		if slices.Contains(bad, id) {
			places = append(places, i)
		}
	}
	body, _ := json.Marshal(map[string]any{
		"code": 400, "error": "Invalid field values on some events", "events_with_invalid_fields": map[string]any{"time": places},
	})
	return sinktest.Answer{Status: 400, Body: string(body)}
}
