package snowflake

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// certificate signs a certificate for this machine whose authority says where it may be asked
// whether it was revoked.
func certificate(t *testing.T, ocsp string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "account"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: authority.NotBefore, NotAfter: authority.NotAfter, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, OCSPServer: []string{ocsp},
	}
	root, err := x509.CreateCertificate(rand.Reader, authority, authority, newKey().Public(), newKey())
	if err != nil {
		t.Fatal(err)
	}
	signed, err := x509.CreateCertificate(rand.Reader, leaf, authority, newKey().Public(), newKey())
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(root)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{signed, root}, PrivateKey: newKey()}, pool
}

func TestCertificatesAreVerifiedAndNobodyElseIsAskedAboutThem(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	responder := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer responder.Close()
	chain, pool := certificate(t, responder.URL)
	account := newAccount(t)
	ready(t, account)
	server := httptest.NewUnstartedServer(account)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{chain}}
	server.StartTLS()
	defer server.Close()
	c := configOf(account)
	c.Endpoint = server.URL

	stranger := open(t, c)
	err := stranger.Check(within(t))
	wantClass(t, err, core.ClassRetry)
	if !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%q does not tell why", err)
	}

	d := open(t, c)
	d.connector.carrier.base.TLSClientConfig.RootCAs = pool
	if err := d.Write(within(t), batch("a")); err != nil {
		t.Fatal(err)
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the authority was asked %d times", n)
	}
}

func TestAnotherHostThanThatOfTheAccountIsNeverCalled(t *testing.T) {
	s, err := newSession(complete())
	if err != nil {
		t.Fatal(err)
	}
	c := newCarrier(s, false)
	defer c.shut()
	for _, raw := range []string{
		"https://myorg-my-account.snowflakecomputing.com/queries", "http://myorg-my-account.snowflakecomputing.com:443/queries",
		"https://elsewhere.example:443/", "https://ocsp.snowflakecomputing.com:443/", "http://169.254.169.254/latest",
		"https://myorg-my-account.snowflakecomputing.com:443@elsewhere.example:443/",
	} {
		req, err := http.NewRequest(http.MethodPost, raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := c.RoundTrip(req); err != errElsewhere {
			t.Errorf("%s: %v, %v", raw, resp, err)
		}
	}
}
