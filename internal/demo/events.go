package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// accepted is how many events post sends.
const accepted = 5

// newSecret makes something that looks like an API key, and is none.
func newSecret() string { return "sk_" + "live_" + rand.Text() }

// post sends events through each way in: one as JSON, two a line each, and one as
// a Langflow backend sends it.
func post(ctx context.Context, listen, secret string, out io.Writer) error {
	to := listen + "/v1/events"
	signup := map[string]any{"name": "signup", "user_id": "u-17", "properties": map[string]any{"plan": "pro", "seats": 3}}
	request := map[string]any{"name": "support_request", "user_id": "u-17", "properties": map[string]any{
		"topic":   "billing",
		"api_key": secret,
		"message": "please write to ada.lovelace@example.com, my key " + secret + " does not work",
	}}
	for _, e := range []any{signup, request} {
		body, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if err := postBody(ctx, to, "application/json", string(body), out); err != nil {
			return err
		}
	}
	lines := `{"name":"checkout","anonymous_id":"a-4711","properties":{"total":49.90,"currency":"EUR"}}` + "\n" +
		`{"name":"page_view","anonymous_id":"a-4711","properties":{"path":"/pricing"}}` + "\n"
	if err := postBody(ctx, to, "application/x-ndjson", lines, out); err != nil {
		return err
	}
	run := url.Values{
		"runSeconds": {"3"}, "runSuccess": {"false"}, "runIsWebhook": {"false"},
		"runErrorMessage": {"401 from https://api.example.com/v1?api_key=" + secret},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, listen+"/langflow/run?"+run.Encode(), nil)
	if err != nil {
		return err
	}
	return send(req, "", out)
}

func postBody(ctx context.Context, to, contentType, body string, out io.Writer) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	return send(req, body, out)
}

func send(req *http.Request, body string, out io.Writer) error {
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return err
	}
	for line := range strings.Lines(req.Method + " " + req.URL.RequestURI() + "\n" + body) {
		fmt.Fprintf(out, "posted | %s\n", strings.TrimSpace(line))
	}
	fmt.Fprintf(out, "posted | → %s %s\n", resp.Status, strings.TrimSpace(string(answer)))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", req.Method, req.URL.Path, resp.Status)
	}
	return nil
}
