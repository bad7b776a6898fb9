package server

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
)

// under sends an event to each endpoint under a name, and returns the answers.
func under(t *testing.T, url, host string, headers ...string) (statuses string) {
	t.Helper()
	c := client(t)
	for _, r := range []*http.Request{
		request("POST", url+"/v1/events", `{"name":"a"}`, "Content-Type", "application/json"),
		request("POST", url+"/v1/beacon", `{"name":"b"}`, "Content-Type", "text/plain"),
		request("POST", url+"/v1/track", `{"event":"c","userId":"u"}`, "Content-Type", "application/json"),
		request("GET", url+"/langflow/run?runSeconds=1", ""),
	} {
		r.RequestURI, r.Host = "", host
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		resp, _ := send(t, c, r)
		statuses += fmt.Sprint(resp.StatusCode, " ")
	}
	return strings.TrimSpace(statuses)
}

func TestWithoutKeysAPageThatHasItsNameLeadHereCannotSend(t *testing.T) {
	const all, none = "200 200 200 200", "403 403 403 403"
	gate := &recorder{}
	s := started(t, Options{Gate: gate})
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL(), "http://"), ":")
	for host, want := range map[string]string{
		"127.0.0.1:" + port: all, "localhost:" + port: all, "[::1]:" + port: all, "[::1]": all, "headgate": all,
		"host.docker.internal:" + port: all, "headgate.monitoring.svc": all, "192.0.2.7:" + port: all,
		"evil.example.com": none, "evil.example.com:" + port: none, "EVIL.example.com.:" + port: none,
		"127.0.0.1.evil.example.com": none, "localhost.evil.example.com:" + port: none, "evil.com:x:y": none,
	} {
		before := len(gate.names())
		if got := under(t, s.URL(), host); got != want {
			t.Errorf("under %s the answers are %s, want %s", host, got, want)
		}
		if taken := len(gate.names()) - before; taken != strings.Count(want, "200") {
			t.Errorf("under %s %d events were taken", host, taken)
		}
	}
	r := request("GET", s.URL()+"/headgate.js", "")
	r.RequestURI, r.Host = "", "evil.example.com"
	if resp, _ := send(t, client(t), r); resp.StatusCode != 200 {
		t.Errorf("the script, which is for everybody: %s", resp.Status)
	}
}

func TestWhereASenderIsKnownOtherwiseItMayUseAnyName(t *testing.T) {
	const name, all = "telemetry.example.com", "200 200 200 200"
	allowed := started(t, Options{AllowedOrigins: []string{"https://" + name}})
	if got := under(t, allowed.URL(), name+":8430"); got != all {
		t.Errorf("under the name of an origin that is allowed: %s", got)
	}
	if got := under(t, allowed.URL(), "other.example.com"); got == all {
		t.Errorf("under another: %s", got)
	}
	keyed := started(t, Options{WriteKeys: []core.Secret{core.NewSecret("k")}})
	if got := under(t, keyed.URL(), name, "Authorization", "Bearer k"); !strings.HasPrefix(got, "200 ") {
		t.Errorf("with a key: %s", got)
	}
	host := httptest.NewServer(newServer(t, Options{}).Handler())
	defer host.Close()
	if got := under(t, host.URL, name); got != all {
		t.Errorf("in the server of a host program: %s", got)
	}
}
