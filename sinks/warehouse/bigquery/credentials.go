package bigquery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/auth/credentials"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// scope is what a token is good for.
const scope = "https://www.googleapis.com/auth/bigquery"

// rules say which credentials are taken.
type rules struct {
	external bool   // also those that are no key
	endpoint string // where the API is, "" for Google's own
}

// vet returns the type of credentials, or what keeps them from being taken. Its errors
// quote nothing of them but their type, which is no secret.
//
// Google's own advice is to look into such a file before it is used:
// https://cloud.google.com/docs/authentication/external/externally-sourced-credentials
func vet(raw []byte, r rules) (credentials.CredType, error) {
	var file struct {
		Type     string `json:"type"`
		TokenURI string `json:"token_uri"`
		Universe string `json:"universe_domain"`
	}
	if json.Unmarshal(raw, &file) != nil {
		return "", errors.New("it is not the JSON of a key, as the Google Cloud console makes it")
	}
	kind := credentials.CredType(file.Type)
	switch kind {
	case credentials.ServiceAccount:
		if !r.external && !isTokenURI(file.TokenURI) {
			return "", errors.New("its token_uri is none of Google's: a signed request for a token would be sent there; set allow_external_account: true to take it")
		}
	case credentials.AuthorizedUser: // a refresh token, which goes to Google only
	case credentials.ExternalAccount, credentials.ExternalAccountAuthorizedUser, credentials.ImpersonatedServiceAccount, credentials.GDCHServiceAccount:
		if !r.external {
			return "", fmt.Errorf("it is of type %s, which holds no key but names URLs to ask or programs to run for one; set allow_external_account: true if whoever can write it may do that", kind)
		}
	default:
		return "", errors.New("it is of no type that is known; want the key of a service account, whose type is service_account")
	}
	if file.Universe != "" && file.Universe != "googleapis.com" && r.endpoint == "" {
		return "", errors.New("it is for another universe than googleapis.com; set endpoint and write_endpoint to those of that universe")
	}
	return kind, nil
}

// isTokenURI reports whether a token may be asked for there: at Google, or on this machine.
func isTokenURI(raw string) bool {
	if raw == "" {
		return true // Google's
	}
	u, err := url.Parse(raw)
	if err != nil || transport.CheckURL(raw, false) != nil {
		return false
	}
	host := strings.ToLower(u.Hostname())
	address, _ := netip.ParseAddr(host)
	return u.Scheme == "http" || address.IsLoopback() || host == "googleapis.com" || strings.HasSuffix(host, ".googleapis.com")
}

// tokens gets tokens of access, and keeps them while they are good.
type tokens struct {
	config func() warehouse.Config // a function, which fmt shows nothing of
	client *http.Client

	turn  chan struct{} // holds one token of its own: whoever has it may look for credentials
	mu    sync.Mutex
	creds *auth.Credentials
}

func newTokens(c warehouse.Config, client *http.Client) *tokens {
	t := &tokens{config: func() warehouse.Config { return c }, client: client, turn: make(chan struct{}, 1)}
	t.turn <- struct{}{}
	return t
}

// Headers that say who asks.
const (
	authorization = "Authorization"
	quotaProject  = "X-Goog-User-Project" // which project pays, where a person's credentials do not say
)

// headers returns what goes with a request, nil where nobody is asked who it is. Its errors
// are classified.
func (t *tokens) headers(ctx context.Context) (map[string]string, error) {
	if isAnonymous(t.config()) {
		return nil, nil
	}
	creds, err := t.find(ctx)
	if err != nil {
		return nil, err
	}
	token, err := creds.Token(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		t.forget() // a key that is refused may be replaced in its file
		return nil, explainToken(err)
	}
	headers := map[string]string{authorization: "Bearer " + token.Value}
	if project, err := creds.QuotaProjectID(ctx); err == nil && project != "" {
		headers[quotaProject] = project
	}
	return headers, nil
}

// isAnonymous reports whether requests carry no token: an emulator on plain http is not
// given the credentials of the machine.
func isAnonymous(c warehouse.Config) bool {
	return c.Credentials.IsZero() && c.CredentialsFile == "" && strings.HasPrefix(strings.ToLower(c.Endpoint), "http://")
}

// find returns the credentials. Those of the machine may take seconds to find out
// whether there is a metadata server, which cannot be broken off.
func (t *tokens) find(ctx context.Context) (*auth.Credentials, error) {
	t.mu.Lock()
	creds := t.creds
	t.mu.Unlock()
	if creds != nil {
		return creds, nil
	}
	select {
	case <-t.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	found := make(chan error, 1)
	go func() {
		defer func() { t.turn <- struct{}{} }()
		found <- t.detect()
	}()
	select {
	case err := <-found:
		if err != nil {
			return nil, err
		}
		return t.find(ctx)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// detect looks for credentials, unless that has been done meanwhile.
func (t *tokens) detect() error {
	t.mu.Lock()
	creds := t.creds
	t.mu.Unlock()
	if creds != nil {
		return nil
	}
	c := t.config()
	raw, err := readCredentials(c)
	if err != nil {
		var failed *fs.PathError
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return core.Unauthorized(fmt.Errorf("read credentials_file: %w", err))
	}
	// A logger is given because the library's own writes tokens to stderr when
	// GOOGLE_SDK_GO_LOGGING_LEVEL is debug.
	o := &credentials.DetectOptions{Scopes: []string{scope}, Client: t.client, Logger: slog.New(slog.DiscardHandler)}
	if raw == nil {
		creds, err = credentials.DetectDefault(o)
	} else {
		var kind credentials.CredType
		if kind, err = vet(raw, rules{external: c.AllowExternalAccount, endpoint: c.Endpoint}); err != nil {
			return core.Unauthorized(fmt.Errorf("credentials_file: %w", err))
		}
		creds, err = credentials.NewCredentialsFromJSON(kind, raw, o)
	}
	switch {
	case err != nil && raw == nil:
		return core.Unauthorized(errors.New("this machine has no Google credentials: set credentials_file, or the environment variable GOOGLE_APPLICATION_CREDENTIALS, or run gcloud auth application-default login"))
	case err != nil: // its text may quote the key
		return core.Unauthorized(errors.New("the credentials cannot be used: something is missing in them; want the file as the Google Cloud console makes it"))
	}
	t.mu.Lock()
	t.creds = creds
	t.mu.Unlock()
	return nil
}

// forget makes the next one look for credentials again: a key may have been replaced.
func (t *tokens) forget() {
	t.mu.Lock()
	t.creds = nil
	t.mu.Unlock()
}

// oauthError is the form of an error's code in RFC 6749, section 5.2.
var oauthError = regexp.MustCompile(`^[a-z_]{1,40}$`)

// explainToken says why there is no token, and whether there may be one later. Of the
// answer only the code is told, as it may quote what was sent.
func explainToken(err error) error {
	var answer *auth.Error
	if !errors.As(err, &answer) || answer.Response == nil {
		if isNetwork(err) {
			return fmt.Errorf("ask for a token of access: %w", hideURL(err))
		}
		return core.Unauthorized(errors.New("ask for a token of access: the credentials cannot be used, as their key cannot be read or their source gives none"))
	}
	var body struct {
		Error string `json:"error"`
	}
	code := fmt.Sprintf("HTTP %d", answer.Response.StatusCode)
	if json.Unmarshal(answer.Body, &body) == nil && oauthError.MatchString(body.Error) {
		code += ", " + body.Error
	}
	err = fmt.Errorf("ask for a token of access: %s", code)
	if status := answer.Response.StatusCode; status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status >= 500 {
		return err
	}
	return core.Unauthorized(err)
}
