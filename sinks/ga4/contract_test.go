package ga4

import (
	"encoding/json"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinktest"
)

// once is why at_most_once is not held to some rules.
const once = "GA4 counts twice what it gets twice, so at_most_once gives up what may have arrived"

func TestTheSinkKeepsTheContract(t *testing.T) {
	for delivery, skip := range map[string]map[string]string{
		atLeastOnce: nil,
		"at_most_once": {
			"SendReturnsWhenItsContextEnds": once, "CloseMayComeAtAnyTime": once, "AServerThatMisbehavesIsTriedAgain": once, "AnOutageLosesNothing": once,
			"AWaitThatIsAskedForIsPassedOn": once,
			"AnAnswerHasItsClass/408":       once, "AnAnswerHasItsClass/429": once, "AnAnswerHasItsClass/500": once,
			"AnAnswerHasItsClass/502": once, "AnAnswerHasItsClass/503": once, "AnAnswerHasItsClass/504": once,
		},
	} {
		t.Run(delivery, func(t *testing.T) {
			sinktest.Run(t, sinktest.Harness{
				New: func(t testing.TB, env sinktest.Env) (core.Sink, error) {
					return New(t.Context(), env.Env, Config{
						MeasurementID: "G-TEST123", APISecret: env.Secret("api_secret"), ClientIDKey: env.Secret("client_id_key"),
						Endpoint: env.URL, Delivery: delivery,
					})
				},
				HTTP: &sinktest.HTTP{Accept: accepts, IDs: collectedIDs},
				Skip: skip,
			})
		})
	}
}

// accepts answers as Google's servers do: the one for validation says what it objects to.
func accepts(r sinktest.Request) sinktest.Answer {
	if r.Path == pathDebug {
		return sinktest.Answer{Body: `{"validationMessages":[]}`}
	}
	return sinktest.Answer{Status: 204}
}

func collectedIDs(r sinktest.Request) (ids []string) {
	var body struct {
		Events []struct {
			Params struct {
				ID string `json:"message_id"`
			} `json:"params"`
		} `json:"events"`
	}
	if r.Path == pathDebug || json.Unmarshal(r.Body, &body) != nil {
		return nil
	}
	for _, e := range body.Events {
		ids = append(ids, e.Params.ID)
	}
	return ids
}
