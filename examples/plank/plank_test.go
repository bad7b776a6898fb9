package plank_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/examples/plank"
	"github.com/headgate-dev/headgate/sinktest"
)

func TestTheSinkKeepsTheContract(t *testing.T) {
	sinktest.Run(t, sinktest.Harness{
		New: func(t testing.TB, env sinktest.Env) (core.Sink, error) {
			return plank.New(t.Context(), env.Env, plank.Config{Key: env.Secret("key"), Endpoint: env.URL})
		},
		HTTP: &sinktest.HTTP{
			Accept: func(r sinktest.Request) sinktest.Answer { return answer(r, nil) },
			Reject: answer,
			IDs:    uids,
		},
	})
}

// uids returns the ids of the events in a request.
func uids(r sinktest.Request) (ids []string) {
	var body struct {
		Events []struct {
			UID string `json:"uid"`
		} `json:"events"`
	}
	_ = json.Unmarshal(r.Body, &body)
	for _, e := range body.Events {
		ids = append(ids, e.UID)
	}
	return ids
}

// answer takes the events of a request but for some, which it names as Plank does.
func answer(r sinktest.Request, bad []string) sinktest.Answer {
	rejected := []map[string]any{}
	for i, id := range uids(r) {
		if slices.Contains(bad, id) {
			rejected = append(rejected, map[string]any{"index": i, "code": "bad_time"})
		}
	}
	body, _ := json.Marshal(map[string]any{"rejected": rejected})
	return sinktest.Answer{Body: string(body)}
}
