package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxValueFile bounds a file that ${file:…} reads.
const maxValueFile = 64 << 10

// expander replaces references in strings.
type expander struct {
	lookup func(name string) (string, bool)
	// tolerant leaves what is not there unresolved in place of reporting it.
	tolerant bool
}

// expansion is a string with its references replaced.
type expansion struct {
	text string
	// references are those that were replaced, as they are written, without defaults.
	references []string
	found      []elsewhere // what stood for those of them that have a value
	// unresolved says that a tolerated reference has no value; text means nothing then.
	unresolved bool
	faults     []fault
}

// reference returns the first reference, "" if there is none.
func (x *expansion) reference() string {
	if len(x.references) == 0 {
		return ""
	}
	return x.references[0]
}

// fault is a reference that cannot be replaced.
type fault struct {
	ordinal int // which "${" of the string, from 0
	message string
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

const referenceForms = "want ${NAME}, ${NAME:-default} or ${file:/path}; $${ is a literal ${"

// expand replaces the references of text once: what comes in is not looked at again.
func (e *expander) expand(text string) expansion {
	var x expansion
	var out strings.Builder
	for ordinal := 0; ; ordinal++ {
		start := strings.Index(text, "${")
		if start < 0 {
			break
		}
		if start > 0 && text[start-1] == '$' {
			out.WriteString(text[:start-1] + "${")
			text = text[start+2:]
			continue
		}
		out.WriteString(text[:start])
		body, rest, closed := strings.Cut(text[start+2:], "}")
		text = rest
		if !closed {
			x.faults = append(x.faults, fault{ordinal, "${ without }; " + referenceForms})
			break
		}
		replacement, err := e.reference(body, &x)
		if err != nil {
			x.faults = append(x.faults, fault{ordinal, err.Error()})
		}
		out.WriteString(replacement)
	}
	x.text = out.String() + text
	return x
}

// reference returns what stands for ${body}.
func (e *expander) reference(body string, x *expansion) (string, error) {
	if strings.Contains(body, "{") {
		return "", errors.New("a reference cannot contain another, nor braces; " + referenceForms)
	}
	if path, ok := strings.CutPrefix(body, "file:"); ok {
		x.references = append(x.references, "${file:"+path+"}")
		return e.file(path, x)
	}
	name, fallback, hasDefault := strings.Cut(strings.TrimPrefix(body, "env:"), ":-")
	if !variableName.MatchString(name) {
		return "", errors.New("not a reference: " + referenceForms)
	}
	x.references = append(x.references, "${"+name+"}")
	found, set := e.lookup(name)
	switch {
	case hasDefault && (!set || found == ""):
		return fallback, nil
	case set:
		x.found = append(x.found, elsewhere{found, "${" + name + "}"})
		return found, checkText("${"+name+"}", found)
	case e.tolerant:
		x.unresolved = true
		return "", nil
	}
	return "", fmt.Errorf("environment variable %s is not set; set it, or give a default with ${%s:-value}", name, name)
}

// file returns the content of a file without the newline at its end.
func (e *expander) file(path string, x *expansion) (string, error) {
	content, err := readValueFile(path)
	switch {
	case err != nil && e.tolerant:
		x.unresolved = true
		return "", nil
	case err != nil:
		return "", fmt.Errorf("cannot read ${file:%s}: %w", path, err)
	}
	content = strings.TrimSuffix(strings.TrimSuffix(content, "\n"), "\r")
	x.found = append(x.found, elsewhere{content, "${file:" + path + "}"})
	return content, checkText("${file:"+path+"}", content)
}

func readValueFile(path string) (string, error) {
	if path == "" {
		return "", errors.New("the path is missing")
	}
	// Looked at before it is opened: opening a pipe would wait for a writer.
	info, err := os.Stat(path)
	if err != nil {
		return "", plainError(err)
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", plainError(err)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxValueFile+1))
	if err != nil {
		return "", plainError(err)
	}
	if len(content) > maxValueFile {
		return "", fmt.Errorf("larger than %d KiB", maxValueFile>>10)
	}
	return string(content), nil
}

// plainError leaves out the operation and the path, which the message names itself.
func plainError(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}

// checkText refuses what is no text; no option can want it.
func checkText(reference, text string) error {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return fmt.Errorf("the value of %s is not UTF-8 text", reference)
	}
	return nil
}
