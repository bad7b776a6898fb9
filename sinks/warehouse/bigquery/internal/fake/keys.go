package fake

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Name is a name that the certificate is for as well, which leads nowhere.
const Name = "bigquery.example"

const (
	account = "headgate@my-project.iam.gserviceaccount.com"
	grant   = "urn:ietf:params:oauth:grant-type:jwt-bearer"
)

// keys give out tokens to who signs with a key that was made here.
type keys struct {
	mu     sync.Mutex
	key    *rsa.PrivateKey // nil: nobody needs a token
	tokens map[string]bool
}

func newKeys() *keys { return &keys{tokens: map[string]bool{}} }

// Credentials returns the key of a service account in the form of Google's console. From then
// on every request needs a token.
func (s *Server) Credentials() ([]byte, error) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	if s.keys.key == nil {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		s.keys.key = key
	}
	der, err := x509.MarshalPKCS8PrivateKey(s.keys.key)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]string{
		"type": "service_account", "project_id": "my-project", "private_key_id": "k1", "client_email": account,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		"token_uri":   s.url + "/token",
	})
}

// Revoke makes tokens that were given out worthless.
func (s *Server) Revoke() {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	clear(s.keys.tokens)
}

// serve gives out a token for an assertion that is signed with the key (RFC 7523).
func (k *keys) serve(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	refused := func(code string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": "Invalid JWT: " + r.PostFormValue("assertion")})
	}
	parts := strings.Split(r.PostFormValue("assertion"), ".")
	if r.PostFormValue("grant_type") != grant || len(parts) != 3 || k.key == nil {
		refused("unsupported_grant_type")
		return
	}
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var claim struct{ Iss, Scope, Aud string }
	if rsa.VerifyPKCS1v15(&k.key.PublicKey, crypto.SHA256, sum[:], signature) != nil ||
		json.Unmarshal(claims, &claim) != nil || claim.Iss != account || !strings.HasSuffix(claim.Aud, "/token") || !strings.HasSuffix(claim.Scope, "/auth/bigquery") {
		refused("invalid_grant")
		return
	}
	token := k.issue()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": token, "expires_in": 3599, "token_type": "Bearer"})
}

// Issue returns a token that is accepted.
func (s *Server) Issue() string {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	return s.keys.issue()
}

func (k *keys) issue() string {
	random := make([]byte, 16)
	_, _ = rand.Read(random)
	token := "ya29." + hex.EncodeToString(random)
	k.tokens[token] = true
	return token
}

// accepts reports whether a request with that header may do anything.
func (k *keys) accepts(authorization string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	token, ok := strings.CutPrefix(authorization, "Bearer ")
	return k.key == nil || ok && k.tokens[token]
}

// certificate makes one for this machine, good for an hour.
func certificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "fake"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{Name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
