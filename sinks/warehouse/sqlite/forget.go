package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

var erasure = warehouse.Erasure{
	Statement: func(o warehouse.Options, ids core.PersonIDs) string {
		return "PRAGMA secure_delete = ON;\n" + warehouse.DeleteStatement(o.Table.Quoted(warehouse.Quote), warehouse.Quote, warehouse.Literal, ids) +
			";\nVACUUM;\nPRAGMA wal_checkpoint(TRUNCATE)"
	},
	Notes: []string{"copies of the file, such as backups, are yours to delete"},
}

// Forget deletes the rows of a person, and has the file written anew: SQLite would leave them
// there until something else is written over them, and with them the traces of rows that it has
// moved to other pages since. For a while that takes as much room again as the file has.
func (d *Driver) Forget(ctx context.Context, ids core.PersonIDs) (deleted int64, err error) {
	c, err := d.connect(ctx)
	if err != nil {
		return 0, d.explain(err)
	}
	statement := warehouse.DeleteStatement(d.table.Quoted(warehouse.Quote), warehouse.Quote, func(string) string { return "?" }, ids)
	var values []any
	for _, id := range warehouse.PersonValues(ids) {
		values = append(values, id)
	}
	if _, err := d.change(ctx, c, "PRAGMA secure_delete = ON"); err != nil {
		return 0, err
	}
	defer func() {
		_, offErr := d.change(context.WithoutCancel(ctx), c, "PRAGMA secure_delete = OFF")
		err = errors.Join(err, offErr)
	}()
	if deleted, err = d.change(ctx, c, statement, values...); err != nil {
		return deleted, err
	}
	if deleted > 0 {
		if _, err = d.change(ctx, c, "VACUUM"); err != nil {
			return deleted, fmt.Errorf("the rows are deleted, but the file could not be written anew, so traces of them are left in it: %w", err)
		}
	}
	// What was there before is in the file, or in the write-ahead log, until that is taken into the
	// file. Somebody who is reading may keep it from that.
	_, err = d.change(ctx, c, "PRAGMA wal_checkpoint(TRUNCATE)")
	return deleted, err
}

var _ warehouse.Forgetter = (*Driver)(nil)
