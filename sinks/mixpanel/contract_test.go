package mixpanel

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinktest"
)

func TestTheSinkKeepsTheContract(t *testing.T) {
	sinktest.Run(t, sinktest.Harness{
		New: func(t testing.TB, env sinktest.Env) (core.Sink, error) {
			return New(t.Context(), env.Env, Config{Token: env.Secret("token"), Endpoint: env.URL})
		},
		HTTP: &sinktest.HTTP{IDs: importedIDs, Reject: rejects, Accept: func(r sinktest.Request) sinktest.Answer {
			body, _ := json.Marshal(map[string]any{"code": 200, "num_records_imported": len(importedIDs(r)), "status": "OK"})
			return sinktest.Answer{Body: string(body)}
		}},
	})
}

func importedIDs(r sinktest.Request) (ids []string) {
	var events []struct {
		Properties struct {
			ID string `json:"$insert_id"`
		} `json:"properties"`
	}
	if json.Unmarshal(r.Body, &events) != nil {
		return nil
	}
	for _, e := range events {
		ids = append(ids, e.Properties.ID)
	}
	return ids
}

// rejects names events by their place, and says that the others are imported.
func rejects(r sinktest.Request, bad []string) sinktest.Answer {
	records := []map[string]any{}
	all := importedIDs(r)
	for i, id := range all {
		if slices.Contains(bad, id) {
			records = append(records, map[string]any{"index": i, "insert_id": id, "field": "properties.time", "message": "invalid"})
		}
	}
	body, _ := json.Marshal(map[string]any{
		"code": 400, "error": "some data points in the request failed validation", "failed_records": records,
		"num_records_imported": len(all) - len(records), "status": "Bad Request",
	})
	return sinktest.Answer{Status: 400, Body: string(body)}
}
