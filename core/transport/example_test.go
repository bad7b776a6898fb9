package transport_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
)

// A sink makes one request, and passes on what the answer means. Neither the token nor the query is in an error.
func ExampleClient() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	token := core.NewSecret("tok-4f1c0a9e")
	client, err := transport.New(transport.Options{Secrets: []core.Secret{token}})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	err = client.Send(context.Background(), transport.Request{
		URL: server.URL + "/in?source=acme", Header: http.Header{"Authorization": {"Bearer " + token.Reveal()}}, Body: []byte(`[]`),
	})
	class, wait := core.Classify(err)
	fmt.Println(class, wait)
	// Output: retry_after 30s
}

// A request can be compressed on its way. Its answer is read within bounds.
func ExampleRequest() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		packed, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s, %v", r.Method, r.Header.Get("Content-Encoding"), len(packed) < 1000)
	}))
	defer server.Close()
	client, err := transport.New(transport.Options{UserAgent: "acme-sink/1.0"})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	var answer *transport.Response
	answer, err = client.Do(context.Background(), transport.Request{
		Method: http.MethodPut, URL: server.URL, Body: make([]byte, 10_000), Compression: "gzip",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Status, string(answer.Body))
	// Output: 200 PUT gzip, true
}
