package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// maxAnswer bounds what is read of a daemon's answer.
const maxAnswer = 64 << 20

// errNoDaemon means that nobody listens at the admin address.
var errNoDaemon = errors.New("no daemon answers")

// adminURL returns the URL of a path of the admin listener, for an address as admin.listen has it,
// or a URL.
func adminURL(admin, path string, query url.Values) (string, error) {
	if !strings.Contains(admin, "://") {
		host, port, err := net.SplitHostPort(admin)
		if err != nil {
			return "", usagef("the admin address %q is not HOST:PORT", admin)
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			host = "127.0.0.1" // where a listener on all addresses can be reached
		}
		admin = "http://" + net.JoinHostPort(host, port)
	}
	u, err := url.Parse(admin)
	if err != nil || u.Host == "" {
		return "", usagef("the admin address is not a URL")
	}
	u = u.JoinPath(path)
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// askDaemon asks the daemon's admin listener, and returns the status and the body of its answer. The error is
// errNoDaemon if there is none.
func askDaemon(ctx context.Context, admin, method, path string, query url.Values) (status int, body []byte, err error) {
	to, err := adminURL(admin, path, query)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, to, nil)
	if err != nil {
		return 0, nil, err
	}
	return exchange(req)
}

// postToDaemon is askDaemon with a form in the body, for what should be in no URL.
func postToDaemon(ctx context.Context, admin, path string, form url.Values) (status int, body []byte, err error) {
	to, err := adminURL(admin, path, nil)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return exchange(req)
}

// exchange makes a request of the daemon.
func exchange(req *http.Request) (status int, body []byte, err error) {
	transport := &http.Transport{DisableKeepAlives: true} // and no proxy: the daemon is near
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		var refused *net.OpError
		if errors.As(err, &refused) && refused.Op == "dial" {
			return 0, nil, fmt.Errorf("%w at %s: %w; is \"headgate run\" running, with this admin address?", errNoDaemon, req.URL.Host, err)
		}
		return 0, nil, fmt.Errorf("ask the daemon at %s: %w", req.URL.Host, err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("ask the daemon at %s: %w", req.URL.Host, err)
	}
	return resp.StatusCode, body, nil
}
