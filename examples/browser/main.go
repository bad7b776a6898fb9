// Browser is a site whose page reports what is done on it: run it, and beside it
//
//	headgate run --config examples/browser/sinks.yaml
//
// open http://127.0.0.1:3000, press the buttons, and see http://127.0.0.1:8431/ui/.
package main

import (
	_ "embed" // the page
	"flag"
	"html/template"
	"log"
	"net/http"
)

//go:embed index.html
var page string

func main() {
	listen := flag.String("listen", "127.0.0.1:3000", "listen at `ADDR`")
	headgate := flag.String("headgate", "http://127.0.0.1:8430", "`URL` of headgate's front door")
	flag.Parse()
	log.Printf("open http://%s", *listen)
	log.Fatal(http.ListenAndServe(*listen, site(*headgate)))
}

// site serves the page, which reports to a front door.
func site(headgate string) http.Handler {
	index := template.Must(template.New("index").Parse(page))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = index.Execute(w, headgate)
	})
	return mux
}
