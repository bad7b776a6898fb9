package main

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestThePageLoadsTheScriptFromTheFrontDoor(t *testing.T) {
	w := httptest.NewRecorder()
	site("http://127.0.0.1:8430").ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, `<script src="http://127.0.0.1:8430/headgate.js" data-write-key="example-key-of-a-page">`) {
		t.Errorf("it is answered %d %s", w.Code, body)
	}
}
