// Command sqlite puts records into a table of SQLite, a group to a transaction, with a write-ahead log
// that is synced at every commit.
package main

import (
	"database/sql"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/headgate-dev/headgate/bench/internal/engine"
)

func main() { engine.Main(engine.Subject{Open: open, Read: read}) }

func database(s engine.Setup) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.Dir, "events.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

func open(s engine.Setup) (engine.Engine, error) {
	db, err := database(s)
	if err != nil {
		return nil, err
	}
	if _, err := db.Exec("CREATE TABLE events (n INTEGER PRIMARY KEY, record BLOB NOT NULL)"); err != nil {
		return nil, err
	}
	insert, err := db.Prepare("INSERT INTO events (record) VALUES (?)")
	if err != nil {
		return nil, err
	}
	return engine.Grouped(func(recs [][]byte) error { return store(db, insert, recs) }, db.Close), nil
}

func store(db *sql.DB, insert *sql.Stmt, recs [][]byte) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // of what was committed it does nothing
	within := tx.Stmt(insert)
	defer within.Close()
	for _, rec := range recs {
		if _, err := within.Exec(rec); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func read(s engine.Setup, each func([]byte)) error {
	db, err := database(s)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.Query("SELECT record FROM events")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var rec sql.RawBytes
		if err := rows.Scan(&rec); err != nil {
			return err
		}
		each(rec)
	}
	return rows.Err()
}
