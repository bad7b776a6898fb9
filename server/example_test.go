package server_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server"
)

// A program that takes events over HTTP into its own dispatcher.
func ExampleServer() {
	ctx := context.Background()
	d, err := core.New(core.Config{
		Sinks: []core.SinkConfig{{
			Name: "print", Reach: core.ReachLocal,
			Sink: core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
				for _, e := range batch {
					fmt.Println(e.Name(), string(e.Props().Raw()))
				}
				return nil
			}),
		}},
	}, core.WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil {
		log.Fatal(err)
	}
	front, err := server.New(server.Options{Gate: d, Listen: "127.0.0.1:0"})
	if err != nil {
		log.Fatal(err)
	}
	if err := front.Start(ctx); err != nil {
		log.Fatal(err)
	}

	resp, err := http.Post(front.URL()+"/v1/events", "application/json",
		strings.NewReader(`[{"name":"run","user_id":"u1","properties":{"runSeconds":45}}, {"nome":"oops"}]`))
	if err != nil {
		log.Fatal(err)
	}
	answer, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	fmt.Print(resp.StatusCode, " ", string(answer))

	// In this order nothing is lost: no more events, then deliver, then no more answers.
	_ = front.Drain(ctx)
	_ = d.Close(ctx)
	_ = front.Shutdown(ctx)
	// Output:
	// 200 {"accepted":1,"denied":0,"rejected":[{"index":1,"error":"name is missing"}]}
	// run {"runSeconds":45}
}
