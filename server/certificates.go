package server

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificates reads a certificate again when its files have changed, so that renewing it
// needs no restart. One that cannot be read leaves the one before in place.
type certificates struct {
	certFile, keyFile string
	logger            *slog.Logger

	mu     sync.Mutex
	loaded *tls.Certificate
	seen   [2]version // of the files, when last read
}

// version tells whether a file has changed.
type version struct {
	modified time.Time
	size     int64
}

func (c *certificates) forHello(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current() }

func (c *certificates) current() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := [2]version{versionOf(c.certFile), versionOf(c.keyFile)}
	if c.loaded != nil && now == c.seen {
		return c.loaded, nil
	}
	c.seen = now
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	switch {
	case err == nil:
		c.loaded = &pair
	case c.loaded == nil:
		return nil, fmt.Errorf("server: load tls.cert_file and tls.key_file: %w", err)
	default:
		c.logger.Error("the changed TLS certificate cannot be loaded; the one before stays in use", slog.Any("error", err))
	}
	return c.loaded, nil
}

// versionOf returns the zero version for a file that is not there.
func versionOf(file string) version {
	info, err := os.Stat(file)
	if err != nil {
		return version{}
	}
	return version{info.ModTime(), info.Size()}
}
