package fakeflake

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// session is somebody signed in.
type session struct {
	master           string
	id               int
	database, schema string
	expired          bool // its token, which the master token renews
}

type loginRequest struct {
	Account       string         `json:"ACCOUNT_NAME"`
	User          string         `json:"LOGIN_NAME"`
	Password      string         `json:"PASSWORD"`
	Authenticator string         `json:"AUTHENTICATOR"`
	Token         string         `json:"TOKEN"`
	Parameters    map[string]any `json:"SESSION_PARAMETERS"`
}

func (s *Server) login(call Call) answer {
	var req loginRequest
	raw, _ := json.Marshal(call.Body["data"])
	if err := json.Unmarshal(raw, &req); err != nil {
		return refuse("390100", "", "bad request", "")
	}
	if !strings.EqualFold(req.Account, s.Account) {
		return refuse("390201", "", "The requested account does not exist.", "")
	}
	if code := s.authenticate(req); code != "" {
		return refuse(code, "", "Incorrect credentials were specified for "+req.User+" with "+req.Password+req.Token, "")
	}
	sess := &session{database: fold(call.Query.Get("databaseName")), schema: fold(call.Query.Get("schemaName"))}
	if req.Parameters["CLIENT_VALIDATE_DEFAULT_PARAMETERS"] == true {
		role, warehouse := fold(call.Query.Get("roleName")), fold(call.Query.Get("warehouse"))
		switch {
		case role != "" && !s.roles[role]:
			return refuse("390189", "", "Role '"+role+"' specified in the connect string does not exist or not authorized.", "")
		case warehouse != "" && !s.warehouses[warehouse],
			sess.database != "" && !s.namespaces[sess.database],
			sess.schema != "" && !s.namespaces[sess.database+"."+sess.schema]:
			return refuse("390201", "", "The requested object does not exist or not authorized.", "")
		}
	}
	return s.admit(sess, map[string]any{"validityInSeconds": 3600, "masterValidityInSeconds": 14400, "parameters": []any{
		map[string]any{"name": "AUTOCOMMIT", "value": req.Parameters["AUTOCOMMIT"] == "true"},
		map[string]any{"name": "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "value": 65280},
		map[string]any{"name": "CLIENT_SESSION_KEEP_ALIVE", "value": req.Parameters["CLIENT_SESSION_KEEP_ALIVE"] != "false"},
		map[string]any{"name": "CLIENT_TELEMETRY_ENABLED", "value": req.Parameters["CLIENT_TELEMETRY_ENABLED"] != "false"},
	}}, "token")
}

// admit gives a session its tokens.
func (s *Server) admit(sess *session, data map[string]any, tokenKey string) answer {
	s.nextID++
	sess.id, sess.expired = s.nextID, false
	name := fmt.Sprint("session-", s.nextID)
	if sess.master == "" {
		sess.master = fmt.Sprint("master-", s.nextID)
	}
	s.sessions[name] = sess
	data[tokenKey], data["masterToken"], data["sessionId"] = name, sess.master, sess.id
	data["sessionInfo"] = map[string]any{"databaseName": sess.database, "schemaName": sess.schema}
	return answer{Success: true, Data: data}
}

// authenticate returns the code of what is wrong, "" if nothing is.
func (s *Server) authenticate(req loginRequest) string {
	u := s.users[strings.ToUpper(req.User)]
	if req.Authenticator == "SNOWFLAKE_JWT" {
		return s.checkJWT(req.Token)
	}
	// A programmatic access token tells whose it is.
	for _, each := range s.users {
		if u == nil && req.User == "" && each.Token != "" && each.Token == req.Token {
			u = each
		}
	}
	switch {
	case u == nil:
	case req.Authenticator == "PROGRAMMATIC_ACCESS_TOKEN" && u.Token != "" && u.Token == req.Token,
		req.Authenticator == "OAUTH" && u.OAuth != "" && u.OAuth == req.Token,
		req.Authenticator == "" && u.Password != "" && u.Password == req.Password:
		return ""
	}
	if req.Authenticator == "OAUTH" {
		return "390303"
	}
	return "390100"
}

// checkJWT verifies a signed sign-in as
// https://docs.snowflake.com/en/developer-guide/sql-api/authenticating describes it.
func (s *Server) checkJWT(token string) string {
	const wrong = "390144"
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return wrong
	}
	var header struct{ Alg string }
	var claims struct {
		Iss, Sub string
		Iat, Exp int64
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !decodePart(parts[0], &header) || !decodePart(parts[1], &claims) || header.Alg != "RS256" {
		return wrong
	}
	account := s.Account
	user, ok := strings.CutPrefix(claims.Sub, account+".")
	if !ok || s.users[user] == nil || s.users[user].Key == nil {
		return wrong
	}
	key := s.users[user].Key
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return wrong
	}
	fingerprint := sha256.Sum256(der)
	if claims.Iss != claims.Sub+".SHA256:"+base64.StdEncoding.EncodeToString(fingerprint[:]) {
		return "394304"
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) != nil {
		return wrong
	}
	now := time.Now().Unix()
	if claims.Iat > now+60 || claims.Iat < now-60 || claims.Exp <= now || claims.Exp > claims.Iat+3600 {
		return "394302"
	}
	return ""
}

func decodePart(part string, into any) bool {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(raw, into) == nil
}

// renew gives out a new token for the master token.
func (s *Server) renew(call Call) answer {
	old, _ := call.Body["oldSessionToken"].(string)
	sess := s.sessions[old]
	if sess == nil || sess.master != token(call) {
		return refuse("390114", "", "Authentication token has expired. The user must authenticate again.", "")
	}
	delete(s.sessions, old)
	return s.admit(sess, map[string]any{"validityInSecondsST": 3600, "validityInSecondsMT": 14400}, "sessionToken")
}

// ExpireSessions makes every token expire, which the driver can renew.
func (s *Server) ExpireSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sess := range s.sessions {
		sess.expired = true
	}
}

// EndSessions ends every session, as four hours of idleness do.
func (s *Server) EndSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sessions)
}

// Sessions returns how many there are.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

// token returns the token of a request.
func token(call Call) string {
	header := call.Header.Get("Authorization")
	return strings.TrimSuffix(strings.TrimPrefix(header, `Snowflake Token="`), `"`)
}

// fold reads a name that is not quoted.
func fold(name string) string { return strings.ToUpper(name) }
