package rsakey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

func derOf(key any) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return der
}

func pemOf(key any) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: derOf(key)}))
}

// newKey makes an RSA key, once for all tests: it takes a while.
var newKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// openssl is what Snowflake's manual has one make keys with.
func openssl(t testing.TB, in string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not here")
	}
	cmd := exec.Command(path, args...)
	cmd.Stdin = strings.NewReader(in)
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		t.Skipf("openssl %s: %v: %s", strings.Join(args, " "), err, problem.String())
	}
	return out.String()
}

func TestAKeyIsReadInEveryFormThatTheManualMakes(t *testing.T) {
	plain := pemOf(newKey())
	phrase := strings.Repeat("phrase", 3)
	encrypt := func(args ...string) func(testing.TB) string {
		return func(t testing.TB) string {
			return openssl(t, plain, append([]string{"pkcs8", "-topk8", "-passout", "pass:" + phrase}, args...)...)
		}
	}
	for name, test := range map[string]struct {
		make   func(testing.TB) string
		phrase string
	}{
		"PKCS#8":         {func(testing.TB) string { return plain }, ""},
		"PKCS#8, spaces": {func(testing.TB) string { return "\n  " + plain + "\n" }, ""},
		"base64":         {func(testing.TB) string { return base64.StdEncoding.EncodeToString(derOf(newKey())) }, ""},
		"base64 of openssl": {func(t testing.TB) string {
			return openssl(t, openssl(t, plain, "pkcs8", "-topk8", "-nocrypt", "-outform", "PEM"), "pkcs8", "-topk8", "-nocrypt")
		}, ""},
		"PKCS#1": {func(testing.TB) string {
			return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(newKey())}))
		}, ""},
		"des3, as in the manual": {encrypt("-v2", "des3"), phrase},
		"the default":            {encrypt(), phrase},
		"aes128":                 {encrypt("-v2", "aes-128-cbc"), phrase},
		"aes192":                 {encrypt("-v2", "aes-192-cbc"), phrase},
		"aes256, sha512":         {encrypt("-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512"), phrase},
		"aes256, sha1":           {encrypt("-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1", "-iter", "1000"), phrase},
	} {
		t.Run(name, func(t *testing.T) {
			text := test.make(t)
			key, err := Parse(text, test.phrase)
			if err != nil {
				t.Fatal(err)
			}
			if !key.Equal(newKey()) {
				t.Error("another key came out")
			}
			if test.phrase == "" {
				if _, err := Parse(text, "needless"); !errors.Is(err, ErrUnencrypted) {
					t.Errorf("with a needless passphrase: %v", err)
				}
				return
			}
			for phrase, want := range map[string]error{"": ErrNoPassphrase, "wrong": ErrPassphrase} {
				if _, err := Parse(text, phrase); !errors.Is(err, want) {
					t.Errorf("with passphrase %q: %v, want: %v", phrase, err, want)
				}
			}
		})
	}
}

func TestWhatIsNoKeyIsToldApart(t *testing.T) {
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&newKey().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		text string
		want error
	}{
		"nothing":         {"", errNoKey},
		"words":           {"not a key", errNoKey},
		"a public key":    {string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})), errNoKey},
		"a curve":         {pemOf(curve), errNotRSA},
		"half a key":      {pemOf(newKey())[:200], errNoKey},
		"the wrong bytes": {string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")})), errNoKey},
	} {
		if _, err := Parse(test.text, ""); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want: %v", name, err, test.want)
		}
	}
	if text := openssl(t, pemOf(newKey()), "pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-passout", "pass:x"); text != "" {
		if _, err := Parse(text, "x"); !errors.Is(err, errEncryption) {
			t.Errorf("encrypted in an old way: %v", err)
		}
	}
}

func FuzzAKeyIsReadOrRefused(f *testing.F) {
	f.Add(pemOf(newKey()), "")
	f.Add(openssl(f, pemOf(newKey()), "pkcs8", "-topk8", "-iter", "2", "-passout", "pass:x"), "x")
	f.Add("MIIBvTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQI", "x")
	f.Fuzz(func(t *testing.T, text, phrase string) {
		if key, err := Parse(text, phrase); err == nil && key.Validate() != nil {
			t.Error("a key that is none was taken")
		}
	})
}
