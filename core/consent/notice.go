package consent

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core/internal/ownfile"
)

// Notice tells a person, once, that a program on a command line reports its use, before it does
// so for the first time. Text is required.
//
//	n := consent.Notice{App: "acme", Text: "Acme reports which commands are used. acme.example/telemetry says what, and how to turn it off."}
//	if shown, err := n.Show(gate); err == nil && shown {
//		// report
//	}
type Notice struct {
	// App is the name of the program. Each program has a notice of its own.
	App string
	// Text is what to say: what is reported, and how to turn it off. When it changes, it is
	// shown again.
	Text string
	// Out is where it is shown; os.Stderr if nil, unless that is no terminal: then nobody would
	// read it, and it counts as not shown.
	Out io.Writer
	// StateDir is where it is remembered; [DefaultStateDir] if empty.
	StateDir string
}

// noticeDir is the directory of the files that remember notices, under the state directory.
const noticeDir = "notices"

// Show shows the notice unless it has been shown before, and reports whether the person has been
// told by now: a program that wants nobody reported who does not know sends nothing while
// it returns false. With tracking off it does nothing, and reports false. Of several
// processes at once, more than one may show it. The error says why it could not be
// shown or remembered; it will then be shown again.
func (n Notice) Show(g Gate) (told bool, err error) {
	if g.Off() || strings.TrimSpace(n.Text) == "" {
		return false, nil
	}
	path, err := stateFile(n.StateDir, filepath.Join(noticeDir, n.fileName()))
	if err != nil {
		return false, fmt.Errorf("show the notice: %w", err)
	}
	sum := sha256.Sum256([]byte(n.Text))
	text := hex.EncodeToString(sum[:8])
	if seen, err := readState(path); err == nil && strings.HasPrefix(string(seen), text) {
		return true, nil
	}
	out := n.Out
	if out == nil {
		if !isTerminal(os.Stderr) {
			return false, nil
		}
		out = os.Stderr
	}
	if _, err := io.WriteString(out, strings.TrimRight(n.Text, "\n")+"\n"); err != nil {
		return false, fmt.Errorf("show the notice: %w", err)
	}
	line := text + " " + time.Now().UTC().Format(time.RFC3339) + "\n"
	err = writeState(path, []byte(line), ownfile.Replace)
	if err != nil {
		return true, fmt.Errorf("remember that the notice was shown: %w", err)
	}
	return true, nil
}

// fileName is safe whatever the program is called, and tells programs apart.
func (n Notice) fileName() string {
	sum := sha256.Sum256([]byte(n.App))
	name := strings.ToLower(strings.TrimRight(EnvPrefix(n.App), "_"))
	return name[:min(len(name), 32)] + "-" + hex.EncodeToString(sum[:4])
}

// isTerminal reports whether somebody may be reading.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && info.Mode()&os.ModeDevice != 0 && os.Getenv("TERM") != "dumb"
}
