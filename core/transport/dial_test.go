package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

var pathEscape, queryEscape = url.PathEscape, url.QueryEscape

// A name that claims to be this machine may lead anywhere once it is looked up.
func TestANameThatLeadsOffTheMachineIsRefusedAtTheDial(t *testing.T) {
	resolver := fakeDNS(t, net.IPv4(192, 0, 2, 1))
	c := newClient(t, Options{Timeout: 3 * time.Second})
	c.dialer.loopback.Resolver, c.dialer.open.Resolver = resolver, resolver
	for name, err := range map[string]error{
		"send":  c.Send(soon(t), Request{URL: "http://rebound.localhost/"}),
		"reach": c.Reach(soon(t), "http://rebound.localhost/"),
	} {
		wantClass(t, err, core.ClassRefused)
		if !strings.Contains(err.Error(), "192.0.2.1") || !NeverSent(err) {
			t.Errorf("%s: %v", name, err)
		}
	}

	here := fakeDNS(t, net.IPv4(127, 0, 0, 1))
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	c = newClient(t, Options{})
	c.dialer.loopback.Resolver = here
	if err := c.Send(soon(t), Request{URL: "http://really.localhost:" + port}); err != nil {
		t.Errorf("a name that leads here: %v", err)
	}
}

func TestAnInsecureDestinationIsDialledWhenAllowed(t *testing.T) {
	resolver := fakeDNS(t, net.IPv4(127, 0, 0, 1))
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer srv.Close()
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	c := newClient(t, Options{AllowInsecure: true})
	c.dialer.open.Resolver = resolver
	if err := c.Send(soon(t), Request{URL: "http://plain.example:" + port}); err != nil {
		t.Error(err)
	}
	wantClass(t, newClient(t, Options{}).Send(soon(t), Request{URL: "http://plain.example:" + port}), core.ClassRefused)
}

// fakeDNS answers every question for an address with ip.
func fakeDNS(t *testing.T, ip net.IP) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			conn.WriteTo(dnsAnswer(buf[:n], ip), from)
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// dnsAnswer answers a question of type A with ip, any other with nothing.
func dnsAnswer(question []byte, ip net.IP) []byte {
	end := 12
	for question[end] != 0 {
		end += int(question[end]) + 1
	}
	end += 5 // the root label, type and class
	isA := binary.BigEndian.Uint16(question[end-4:]) == 1
	a := append([]byte{}, question[:end]...)
	binary.BigEndian.PutUint16(a[2:], 0x8180)
	binary.BigEndian.PutUint16(a[6:], 0)  // answers
	binary.BigEndian.PutUint16(a[8:], 0)  // authorities
	binary.BigEndian.PutUint16(a[10:], 0) // additional
	if isA {
		binary.BigEndian.PutUint16(a[6:], 1)
		a = append(a, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4)
		a = append(a, ip.To4()...)
	}
	return a
}

func TestTLSIsVerifiedAndNotOld(t *testing.T) {
	var requests atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { requests.Add(1) }))
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = discardLog()
	srv.StartTLS()
	defer srv.Close()
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())

	trusting := newClient(t, Options{RootCAs: roots})
	for range 3 {
		if err := trusting.Send(soon(t), Request{URL: srv.URL, Body: []byte("{}")}); err != nil {
			t.Error(err)
		}
	}
	if err := trusting.Reach(soon(t), srv.URL); err != nil || requests.Load() != 3 {
		t.Errorf("reach: %v; %d requests", err, requests.Load())
	}

	var dials atomic.Int32
	ctx := httptrace.WithClientTrace(soon(t), &httptrace.ClientTrace{ConnectStart: func(string, string) { dials.Add(1) }})
	plain := newClient(t, Options{})
	err := plain.Send(ctx, Request{URL: srv.URL})
	wantClass(t, err, core.ClassRetry)
	if dials.Load() != 1 || !NeverSent(err) || requests.Load() != 3 {
		t.Errorf("untrusted: %d dials, %d requests, never sent %v", dials.Load(), requests.Load(), NeverSent(err))
	}
	wantClass(t, plain.Reach(soon(t), srv.URL), core.ClassRetry)

	old := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11}
	old.Config.ErrorLog = discardLog()
	old.StartTLS()
	defer old.Close()
	roots.AddCert(old.Certificate())
	if err := newClient(t, Options{RootCAs: roots}).Send(soon(t), Request{URL: old.URL}); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
}

func TestAProxyIsUsedAndItsCredentialsStayOutOfErrors(t *testing.T) {
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method + " " + r.Host + " " + r.Header.Get("Proxy-Authorization"))
		w.WriteHeader(407)
	}))
	defer proxy.Close()
	to, _ := url.Parse(proxy.URL)
	secret := canary("proxy")
	to.User = url.UserPassword("user", secret)
	c := newClient(t, Options{Proxy: http.ProxyURL(to)})
	err := c.Send(soon(t), Request{URL: "https://vendor.example/x"})
	if err == nil || leaks(err.Error(), secret) != "" {
		t.Errorf("got %v", err)
	}
	if got, _ := asked.Load().(string); !strings.HasPrefix(got, "CONNECT vendor.example:443 Basic ") {
		t.Errorf("the proxy was asked %q", got)
	}
	if err := c.Reach(soon(t), "https://vendor.example/x"); err != nil {
		t.Errorf("reach: %v", err)
	}

	c = newClient(t, Options{Proxy: func(*http.Request) (*url.URL, error) { return nil, errors.New("invalid proxy address " + secret) }})
	for _, err := range []error{c.Send(soon(t), Request{URL: "https://vendor.example/x"}), c.Reach(soon(t), "https://vendor.example/x")} {
		if err == nil || leaks(err.Error(), secret) != "" || !strings.Contains(err.Error(), "HTTPS_PROXY") {
			t.Errorf("got %v", err)
		}
	}
}

func TestReachingSendsNoRequest(t *testing.T) {
	var requests atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer srv.Close()
	c := newClient(t, Options{})
	if err := c.Reach(soon(t), srv.URL+"/hook"); err != nil || requests.Load() != 0 {
		t.Errorf("%v, %d requests", err, requests.Load())
	}
	wantClass(t, c.Reach(soon(t), "http://"+closedPort(t)), core.ClassRetry)
	wantClass(t, c.Reach(soon(t), "ftp://x/"), core.ClassRefused)
}
