package sinktest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinktest"
)

// harness says how the kit makes a sink, with what it is to be configured, and how the destination of
// that sink answers: here one that names the events it refuses, and takes the others.
func harness() sinktest.Harness {
	return sinktest.Harness{
		New: func(_ testing.TB, env sinktest.Env) (core.Sink, error) {
			return newGood(env), nil // posts to env.URL with env.Secret("token"), as its own configuration would say
		},
		HTTP: &sinktest.HTTP{
			Reject: func(_ sinktest.Request, ids []string) sinktest.Answer {
				list, _ := json.Marshal(ids)
				return sinktest.Answer{Status: http.StatusBadRequest, Body: string(list)}
			},
		},
	}
}

// A sink of one's own is held to the contract by a test of one line, which makes the destination as well:
//
//	func TestTheSinkKeepsTheContract(t *testing.T) { sinktest.Run(t, harness()) }
//
// What the harness says of the destination can be looked at without a sink.
func ExampleHarness() {
	refusal := harness().HTTP.Reject(sinktest.Request{}, []string{"e-1", "e-7"})
	fmt.Println(refusal.Status, refusal.Body)
	// Output: 400 ["e-1","e-7"]
}

// Each fault is a way in which servers really go wrong. A client that looks at the status only would take half an
// answer for a whole one.
func ExampleFault() {
	t := &exampleT{} // in a test, its *testing.T
	defer t.end()

	server := sinktest.NewServer(t, func(sinktest.Request) sinktest.Answer {
		return sinktest.Answer{Fault: sinktest.CutBody, Body: `{"rejected":`}
	})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, string(answer), err)
	// Output: 200 {"rejected": unexpected EOF
}
