package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// Bounds of what is read at all. A configuration is far below them; what is above is a
// mistake, or meant to exhaust the program.
const (
	maxFileBytes  = 1 << 20
	maxDepth      = 50
	maxAliasNodes = 10_000
)

// parse reads YAML into a value. It is the one place that knows YAML.
func parse(data []byte) (value, Problems) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if p := checkBytes(data); p != nil {
		return value{}, Problems{*p}
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(2*maxDepth))))
	if err != nil {
		return value{}, Problems{{Line: 1, Column: 1, Message: err.Error()}}
	}
	var document, second yaml.Node
	switch err := loader.Load(&document); {
	case errors.Is(err, io.EOF):
		return value{position: position{1, 1}, shape: shapeNull}, nil
	case err != nil:
		return value{}, syntaxProblems(err, data)
	}
	switch err := loader.Load(&second); {
	case err == nil:
		return value{}, Problems{{Line: second.Line, Column: second.Column, Message: "a second document starts here; a configuration is one document"}}
	case !errors.Is(err, io.EOF):
		return value{}, syntaxProblems(err, data)
	}
	r := resolver{active: make(map[*yaml.Node]bool)}
	root := r.resolve(document.Content[0], 0)
	if r.stopped {
		return value{}, r.problems // what was left out would be found missing
	}
	return root, r.problems
}

// checkBytes finds what no reader of YAML should be asked about.
func checkBytes(data []byte) *Problem {
	if len(data) > maxFileBytes {
		return &Problem{Line: 1, Column: 1, Message: fmt.Sprintf("the file is larger than %d KiB; this is no configuration", maxFileBytes>>10)}
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return &Problem{Line: 1, Column: 1, Message: "the file is UTF-16; save it as UTF-8"}
	}
	at := position{1, 1}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return &Problem{Line: at.line, Column: at.column, Message: "the file is not UTF-8 here"}
		case r == '\r' && !bytes.HasPrefix(data[i:], []byte("\r\n")):
			return &Problem{Line: at.line, Column: at.column, Message: "a carriage return without a newline is not allowed"}
		case forbidden(r):
			return &Problem{Line: at.line, Column: at.column, Message: fmt.Sprintf(`the character U+%04X is not allowed as it is; in double quotes write "\u%04X"`, r, r)}
		}
		at.column++
		if r == '\n' {
			at = position{at.line + 1, 1}
		}
		i += size
	}
	return nil
}

// forbidden reports whether r is a control character, or one of those that YAML takes
// for the end of a line and editors do not: what looks like one line would be two.
func forbidden(r rune) bool {
	switch r {
	case '\t', '\n', '\r':
		return false
	case '\u2028', '\u2029':
		return true
	}
	return unicode.IsControl(r)
}

// syntaxProblems says where the YAML itself is wrong.
func syntaxProblems(err error, data []byte) Problems {
	var several *yaml.LoadErrors
	if !errors.As(err, &several) {
		var one *yaml.LoadError
		if !errors.As(err, &one) {
			return Problems{{Line: 1, Column: 1, Message: "the file is not YAML"}}
		}
		several = &yaml.LoadErrors{Errors: []*yaml.LoadError{one}}
	}
	lines := strings.Split(string(data), "\n")
	var problems Problems
	for _, e := range several.Errors {
		mark := e.Mark
		if (mark.Line > len(lines) || strings.Contains(e.Message, "end of stream")) && e.ContextMark.Line > 0 {
			mark = e.ContextMark // where it starts says more than where the file ends
		}
		p := Problem{Line: max(mark.Line, 1), Column: max(mark.Column, 1), Message: "YAML: " + syntaxMessage(e)}
		if p.Line <= len(lines) && e.Stage != yaml.ComposerStage {
			p.Hint = syntaxHint(e.Message, lines[p.Line-1])
		}
		problems = append(problems, p)
	}
	return problems
}

// syntaxMessage takes over what the parser says where it cannot quote the file: a
// secret that starts with "*" or follows a tag would be in the quotation.
func syntaxMessage(e *yaml.LoadError) string {
	switch e.Stage {
	case yaml.ReaderStage, yaml.ScannerStage, yaml.ParserStage:
	case yaml.ComposerStage:
		return `an alias ("*") to an anchor that is not there; put what starts with "*" in quotes`
	default:
		return "a value does not fit its tag"
	}
	message := e.Message
	if e.ContextMsg != "" {
		message = e.ContextMsg + ", " + message
		if e.ContextMark.Line > 0 && e.ContextMark.Line < e.Mark.Line && !strings.Contains(message, "end of stream") {
			message += fmt.Sprintf("; it starts on line %d", e.ContextMark.Line)
		}
	}
	return message
}

// syntaxHint names the usual mistakes of a line that is not YAML.
func syntaxHint(message, line string) string {
	blank := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	before, _, refers := strings.Cut(line, "${")
	switch {
	case strings.Contains(blank, "\t"):
		return "YAML is indented with spaces, not tabs"
	case refers && strings.ContainsAny(before, "{["):
		return `inside { } and [ ] put "${…}" in quotes`
	case strings.Contains(message, "cannot start any token"), strings.Contains(message, "mapping values are not allowed"):
		return "put a value with special characters in quotes"
	}
	return ""
}
