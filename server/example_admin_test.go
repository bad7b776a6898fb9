package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server"
)

// dispatcher returns one with a sink that does what send says, and does not read the machine it runs on.
func dispatcher(name string, send core.SinkFunc) *core.Dispatcher {
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: name, Sink: send, Reach: core.ReachLocal}}},
		core.WithEnviron(func(string) (string, bool) { return "", false }), core.WithStateDir(os.TempDir()+"/headgate-example"))
	if err != nil {
		log.Fatal(err)
	}
	return d
}

// ask has a handler answer a request.
func ask(h http.Handler, method, target, contentType, body string) (answer string) {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Body))
}

// The operator's side of a program with a dispatcher of its own: is it well, and a sink that is to wait.
func ExampleAdmin() {
	d := dispatcher("vendor", func(context.Context, []core.Sealed) error { return nil })
	defer d.Close(context.Background())
	admin, err := server.NewAdmin(server.AdminOptions{
		Listen: "127.0.0.1:0", Status: d.Stats, Ready: d.Tracking, DeadLetters: d, Sinks: d, Observe: d.Observe,
	})
	if err != nil {
		log.Fatal(err)
	}
	h := admin.Handler() // or admin.Start(ctx)
	fmt.Println(ask(h, "GET", "http://localhost/readyz", "", ""))
	fmt.Println(ask(h, "POST", "http://localhost/v1/sinks/pause?sink=vendor", "", ""))
	fmt.Println(ask(h, "GET", "http://vendor.example.com/readyz", "", "")) // what a page of a stranger has led here
	// Output:
	// 200 ready
	// 200 {"sink":"vendor","state":"paused"}
	// 403 {"error":"this listener answers for localhost and loopback addresses only"}
}

// What a sink has refused is told of without its event, unless that is asked for by its id.
func ExampleListDeadLetters() {
	d := dispatcher("vendor", func(context.Context, []core.Sealed) error { return core.Permanent(errors.New("no such project")) })
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	defer d.Close(ctx)
	_ = d.Enqueue(ctx, core.Event{ID: "e-1", Name: "run", Props: core.Props{"seconds": 3}})
	_ = d.Flush(ctx)

	list := server.ListDeadLetters(d, "vendor", "")
	for _, letter := range list.Letters {
		fmt.Println(letter.Sink, letter.ID, letter.Name, letter.Reason, letter.Error, len(letter.Event))
	}
	letter := server.ListDeadLetters(d, "vendor", "e-1").Letters[0]
	var event struct {
		Properties json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(letter.Event, &event); err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(event.Properties))
	// Output:
	// vendor e-1 run permanent no such project 0
	// {"seconds":3}
}

// A person is forgotten by an id in a form, so that it is in no log of URLs. What could not be erased is told.
func ExampleForgetHandler() {
	d := dispatcher("vendor", func(ctx context.Context, _ []core.Sealed) error {
		<-ctx.Done() // it is down
		return ctx.Err()
	})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	defer d.Close(ctx)
	const form = "application/x-www-form-urlencoded"
	body := url.Values{"user_id": {"u-42"}}.Encode()

	var forgetter server.Forgetter = d
	fmt.Println(ask(server.ForgetHandler(forgetter), "POST", "/v1/forget", form, body))

	var failure server.ForgetFailure
	answer := ask(server.ForgetHandler(forgetter), "POST", "/v1/forget", form, "")
	if err := json.Unmarshal([]byte(strings.TrimPrefix(answer, "400 ")), &failure); err != nil {
		log.Fatal(err)
	}
	fmt.Println(failure.Error)
	// Output:
	// 200 {"events":0,"dead_letters":{}}
	// name a person by user_id or anonymous_id, in a form in the body
}
