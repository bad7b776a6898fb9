package warehouse

import "github.com/headgate-dev/headgate/registry"

// DDL returns the statements that make the table for a driver that is linked, with what
// belongs to it. Table and retention are written as in the options; both may be "".
func DDL(driver, table, retention string) ([]string, error) {
	info, err := lookup(driver)
	if err != nil {
		return nil, err
	}
	if table == "" {
		table = DefaultTable
	}
	o, err := NewOptions(Config{Driver: driver, Table: table, Retention: retention})
	if err != nil {
		return nil, err
	}
	if len(o.Table.parts) > info.Parts {
		return nil, tooManyParts(o.Table, info)
	}
	return info.DDL(o), nil
}

// tooManyParts says that a table has more names than the driver knows.
func tooManyParts(table Table, d DriverInfo) error {
	return registry.Field("table", "want at most "+names(d.Parts)+" with driver "+d.Name+", got "+table.String())
}
