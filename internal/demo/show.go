package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// show prints what became of the events at each sink, and the books, and makes sure
// that the secret is in none of it.
func show(ctx context.Context, o options, d *daemon, r *receiver, secret string, out io.Writer) error {
	received := r.received()
	fmt.Fprintf(out, "\nThe http sink posted %d events to its receiver:\n", len(received))
	for _, body := range received {
		fmt.Fprintf(out, "  %s\n", body)
	}
	archive, err := os.ReadFile(filepath.Join(d.dir, "events.ndjson"))
	if err != nil {
		return fmt.Errorf("read what the archive sink wrote: %w", err)
	}
	fmt.Fprintf(out, "\nThe archive sink wrote %d lines to a file.\n", strings.Count(string(archive), "\n"))
	if err := showWarehouse(ctx, o.database, out); err != nil {
		return err
	}

	books, err := exec.CommandContext(ctx, o.headgate, "status", "--admin", d.Admin).Output()
	if err != nil {
		return fmt.Errorf("headgate status: %w", err)
	}
	fmt.Fprintf(out, "\nThe books, as headgate status shows them:\n\n%s", books)

	stored, err := warehouseBytes(o.database)
	if err != nil {
		return fmt.Errorf("read what the warehouse sink wrote: %w", err)
	}
	if strings.Contains(strings.Join(received, "\n")+string(archive)+stored+d.output(), secret) {
		return errors.New("the secret got out")
	}
	fmt.Fprintf(out, "\nThe key that was posted in three places is in no sink's output.\n")
	return nil
}
