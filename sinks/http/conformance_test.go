package http

import (
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinktest"
)

func TestTheSinkKeepsTheContract(t *testing.T) {
	for _, body := range []string{bodyArray, bodyNDJSON, bodyEvent} {
		t.Run(body, func(t *testing.T) {
			sinktest.Run(t, sinktest.Harness{
				New: func(t testing.TB, env sinktest.Env) (core.Sink, error) {
					return New(t.Context(), env.Env, Config{
						URL: env.URL + "/in?key=" + env.Secret("key").Reveal(), Body: body,
						BearerToken: env.Secret("token"), Headers: map[string]core.Secret{"X-Key": env.Secret("header")},
					})
				},
				HTTP: &sinktest.HTTP{},
			})
		})
	}
}
