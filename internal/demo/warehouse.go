package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	_ "modernc.org/sqlite" // to ask the file what anybody with sqlite3 would
)

// failedRuns is the question that README.md asks.
const failedRuns = `SELECT date(timestamp) AS day, count(*) AS runs,
       sum(json_extract(payload, '$.runSuccess') = 0) AS failed
FROM telemetry_events
WHERE endpoint = 'run'
GROUP BY day ORDER BY day`

// showWarehouse prints what the warehouse sink has written, by asking its file.
func showWarehouse(ctx context.Context, path string, out io.Writer) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	var rows int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM telemetry_events").Scan(&rows); err != nil {
		return fmt.Errorf("count what the warehouse sink wrote: %w", err)
	}
	fmt.Fprintf(out, "\nThe warehouse sink has %d rows in %s. How many runs failed, day by day?\n\n%s;\n\n", rows, path, failedRuns)
	return printRows(ctx, db, failedRuns, out)
}

// printRows prints the answer to a query as a table.
func printRows(ctx context.Context, db *sql.DB, query string, out io.Writer) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  day\truns\tfailed")
	for rows.Next() {
		var day string
		var runs, failed int
		if err := rows.Scan(&day, &runs, &failed); err != nil {
			return err
		}
		fmt.Fprintf(w, "  %s\t%d\t%d\n", day, runs, failed)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return w.Flush()
}

// warehouseBytes returns everything in the file and in the log beside it.
func warehouseBytes(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	log, err := os.ReadFile(path + "-wal")
	if err != nil && !os.IsNotExist(err) {
		return "", err
	}
	return string(text) + string(log), nil
}
