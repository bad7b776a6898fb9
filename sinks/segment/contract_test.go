package segment

import (
	"encoding/json"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinktest"
)

func TestTheSinkKeepsTheContract(t *testing.T) {
	sinktest.Run(t, sinktest.Harness{
		New: func(t testing.TB, env sinktest.Env) (core.Sink, error) {
			return New(t.Context(), env.Env, Config{WriteKey: env.Secret("write_key"), Endpoint: env.URL})
		},
		HTTP: &sinktest.HTTP{IDs: messageIDs, Accept: func(sinktest.Request) sinktest.Answer {
			return sinktest.Answer{Body: `{"success":true}`}
		}},
	})
}

func messageIDs(r sinktest.Request) (ids []string) {
	var body struct {
		Batch []struct {
			ID string `json:"messageId"`
		} `json:"batch"`
	}
	if json.Unmarshal(r.Body, &body) != nil {
		return nil
	}
	for _, m := range body.Batch {
		ids = append(ids, m.ID)
	}
	return ids
}
