package snowflake

import (
	"errors"
	"fmt"
	"os"
	"strings"

	sf "github.com/snowflakedb/gosnowflake"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/snowflake/internal/rsakey"
)

// credentials are what the session signs in with, one of them. Files are read at each
// sign-in, so that what is in them can be exchanged while the program runs.
type credentials struct {
	key, passphrase core.Secret
	keyFile         string
	token           core.Secret
	tokenFile       string
	oauth           bool // the token is of OAuth, else a programmatic access token
	password        core.Secret
}

func credentialsOf(c warehouse.Config) credentials {
	return credentials{
		key: c.PrivateKey, keyFile: c.PrivateKeyFile, passphrase: c.PrivateKeyPassphrase,
		token: c.Token, tokenFile: c.TokenFile, password: c.Password,
	}
}

// given returns the keys of the options that are set.
func (c credentials) given() (keys []string) {
	for _, option := range []struct {
		key string
		set bool
	}{
		{"private_key", !c.key.IsZero()}, {"private_key_file", c.keyFile != ""},
		{"token", !c.token.IsZero()}, {"token_file", c.tokenFile != ""}, {"password", !c.password.IsZero()},
	} {
		if option.set {
			keys = append(keys, option.key)
		}
	}
	return keys
}

// check reads no file.
func (c credentials) check() error {
	given := c.given()
	switch {
	case len(given) == 0:
		return registry.Field("private_key_file", "say how to sign in: private_key_file, private_key, token or token_file")
	case len(given) > 1:
		return registry.Field(given[1], fmt.Sprintf("%s is given as well; give one of them", given[0]))
	case !c.passphrase.IsZero() && c.key.IsZero() && c.keyFile == "":
		return registry.Field("private_key_passphrase", "there is no private key that it would open")
	case !c.key.IsZero():
		if _, err := rsakey.Parse(c.key.Reveal(), c.passphrase.Reveal()); errors.Is(err, rsakey.ErrPassphrase) || errors.Is(err, rsakey.ErrNoPassphrase) || errors.Is(err, rsakey.ErrUnencrypted) {
			return registry.Field("private_key_passphrase", err.Error())
		} else if err != nil {
			return registry.Field("private_key", err.Error())
		}
	}
	return nil
}

// apply puts the credentials into a configuration of the driver.
func (c credentials) apply(cfg *sf.Config) error {
	switch {
	case !c.password.IsZero():
		cfg.Authenticator, cfg.Password = sf.AuthTypeSnowflake, c.password.Reveal()
		return nil
	case !c.token.IsZero() || c.tokenFile != "":
		cfg.Authenticator = sf.AuthTypePat
		if c.oauth {
			cfg.Authenticator = sf.AuthTypeOAuth
		}
		token, err := orFile(c.token, c.tokenFile)
		if err == nil && token == "" {
			err = fmt.Errorf("%s is empty", c.tokenFile)
		}
		cfg.Token = token
		return err
	}
	text, err := orFile(c.key, c.keyFile)
	if err != nil {
		return err
	}
	cfg.Authenticator = sf.AuthTypeJwt
	if cfg.PrivateKey, err = rsakey.Parse(text, c.passphrase.Reveal()); err != nil && c.keyFile != "" {
		return fmt.Errorf("%s: %w", c.keyFile, err)
	}
	return err
}

// orFile returns a secret, or what is in a file.
func orFile(secret core.Secret, path string) (string, error) {
	if path == "" {
		return strings.TrimSpace(secret.Reveal()), nil
	}
	content, err := os.ReadFile(path)
	return strings.TrimSpace(string(content)), err
}
