// Package ui is the admin page: HTML, style and scripts as they are served, without a build
// step and without anything from elsewhere.
package ui

import (
	"bytes"
	"embed"
	"fmt"
	"html"
	"net/http"
	"path"
)

//go:embed page
var files embed.FS

// tokenMark stands in the page where its token goes. That is all there is to fill in: with a
// template the linker would keep every exported method of the program.
const tokenMark = "{{.Token}}"

// Page is what the page is told when it is fetched.
type Page struct {
	// Token is what the page shows in a header when it acts.
	Token string
}

// policy lets the page run its own scripts, and talk to where it came from. Nothing can put a
// script into it: not inline, not by a string that becomes one, not by a frame around it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// types are those of the files of the page. That of the system's tables may differ.
var types = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// Handler serves the page at prefix, which ends in a slash, and its files under it.
func Handler(prefix string, p Page) http.Handler {
	index, err := files.ReadFile("page/index.html")
	if err != nil || bytes.Count(index, []byte(tokenMark)) != 1 {
		panic(fmt.Sprintf("ui: the page has no place for its token: %v", err)) // it is part of this program
	}
	index = bytes.Replace(index, []byte(tokenMark), []byte(html.EscapeString(p.Token)), 1)
	mux := http.NewServeMux()
	serve := func(pattern, contentType string, content []byte) {
		mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Content-Security-Policy", policy)
			_, _ = w.Write(content)
		})
	}
	serve(prefix+"{$}", "text/html; charset=utf-8", index)
	entries, err := files.ReadDir("page")
	if err != nil {
		panic(fmt.Sprintf("ui: %v", err))
	}
	for _, entry := range entries {
		contentType, static := types[path.Ext(entry.Name())]
		if !static {
			continue
		}
		content, err := files.ReadFile("page/" + entry.Name())
		if err != nil {
			panic(fmt.Sprintf("ui: %v", err))
		}
		serve(prefix+entry.Name(), contentType, content)
	}
	return mux
}
