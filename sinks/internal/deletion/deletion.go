// Package deletion makes the requests by which vendors are asked to delete what they have of a person.
package deletion

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
	"github.com/headgate-dev/headgate/registry"
)

// mask stands for a credential that the sink has.
const mask = "[redacted]"

// Call is one POST of JSON.
type Call struct {
	// URL is without credentials.
	URL string
	// Query, if not empty, is the name of a parameter of the URL with the credential QueryValue.
	Query      string
	QueryValue core.Secret
	// Scheme and Credential are the header Authorization. Without a credential, a preview shows Missing.
	Scheme, Missing string
	Credential      core.Secret
	// Type is that of the body; application/json if empty.
	Type string
	Body string
	// Read takes out of a 2xx answer what is worth telling.
	Read func(body []byte) (string, error)
}

// Show returns the calls as a preview shows them.
func Show(calls []Call) []core.Request {
	shown := make([]core.Request, len(calls))
	for i, c := range calls {
		authorization := c.Scheme + " " + cmp.Or(c.Credential.String(), c.Missing)
		to := c.URL
		if c.Query != "" {
			to += "?" + c.Query + "=" + mask
		}
		shown[i] = core.Request{Method: http.MethodPost, URL: to, Header: c.header(authorization), Body: c.Body}
	}
	return shown
}

func (c Call) header(authorization string) http.Header {
	return http.Header{"Authorization": {authorization}, "Content-Type": {cmp.Or(c.Type, "application/json")}, "Accept": {"application/json"}}
}

// Make makes the calls one after the other, each once, and returns what was answered. After the
// first that fails none is made.
func Make(ctx context.Context, client *transport.Client, calls []Call) (string, error) {
	var answers []string
	for i, c := range calls {
		answer, err := c.make(ctx, client)
		if err != nil {
			if i > 0 {
				err = fmt.Errorf("after %d of %d requests: %w", i, len(calls), err)
			}
			return "", err
		}
		answers = append(answers, answer)
	}
	return strings.Join(answers, "; "), nil
}

func (c Call) make(ctx context.Context, client *transport.Client) (string, error) {
	to := c.URL
	if c.Query != "" {
		to += "?" + c.Query + "=" + url.QueryEscape(c.QueryValue.Reveal())
	}
	req := transport.Request{URL: to, Header: c.header(c.Scheme + " " + c.Credential.Reveal()), Body: []byte(c.Body)}
	resp, err := client.Do(ctx, req)
	if err != nil {
		return "", err
	}
	if err := client.Classify(req, resp); err != nil {
		return "", err
	}
	answer, err := c.Read(resp.Body)
	if err != nil {
		return "", client.Redact(fmt.Errorf("the answer cannot be read, and the request may have been taken: %w", err))
	}
	return answer, nil
}

// ErrAnswer means that an answer lacks what the vendor's documentation says it has.
var ErrAnswer = errors.New("it is not what the vendor documents; is the endpoint right?")

// CheckEndpoint finds what is wrong with an endpoint of deletion, in the option of that key.
func CheckEndpoint(key, endpoint string) error {
	if endpoint == "" {
		return nil
	}
	if u, err := url.Parse(endpoint); err != nil || u.User != nil || strings.ContainsAny(endpoint, "?#") {
		return registry.Field(key, "want a base such as https://host/path, without user, query and fragment")
	}
	if err := transport.CheckURL(endpoint, true); err != nil {
		return registry.Field(key, err.Error())
	}
	return nil
}

// Base returns the base of a URL: the endpoint if it is given, else the vendor's.
func Base(endpoint, vendor string) string { return strings.TrimRight(cmp.Or(endpoint, vendor), "/") }

// Chunks divides ids into lists that a request may have.
func Chunks(ids []string, most int) (chunks [][]string) {
	for len(ids) > 0 {
		n := min(most, len(ids))
		chunks, ids = append(chunks, ids[:n:n]), ids[n:]
	}
	return chunks
}
