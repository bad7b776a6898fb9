package corpus

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Read reads the corpora of a directory: every file whose name ends in .jsonl.gz,
// with a row on each line.
func Read(dir string) (map[string][]Row, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl.gz"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("read the corpora in %s: there is no *.jsonl.gz", dir)
	}
	corpora := map[string][]Row{}
	for _, f := range files {
		rows, err := readFile(f)
		if err != nil {
			return nil, fmt.Errorf("read the corpus %s: %w", f, err)
		}
		corpora[strings.TrimSuffix(filepath.Base(f), ".jsonl.gz")] = rows
	}
	return corpora, nil
}

func readFile(name string) ([]Row, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var rows []Row
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r Row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(rows)+1, err)
		}
		rows = append(rows, r)
	}
	return rows, lines.Err()
}
