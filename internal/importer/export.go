package importer

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"

	"customer-events/models"
)

// Exporter reads records.
type Exporter interface {
	// Export calls write with the values of each record of the kind, in the order of the file's columns,
	// without the secret ones.
	Export(ctx context.Context, kind models.Kind, write func(record []string) error) error
}

// Export writes all records of a kind in the CSV format of Run, without secrets. Importing the result
// changes nothing, because an import keeps the values for which the file has no column. The memory of Export
// does not depend on the number of records.
func Export(ctx context.Context, name string, from Exporter, to io.Writer) error {
	kind, err := kindOf(name)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(to, 64<<10)
	file := csv.NewWriter(buffer)
	if err := file.Write(kind.exportedColumns()); err != nil {
		return err
	}
	if err := from.Export(ctx, kind.of, file.Write); err != nil {
		return fmt.Errorf("exporting %s: %w", kind.name, err)
	}
	file.Flush()
	if err := file.Error(); err != nil {
		return fmt.Errorf("exporting %s: %w", kind.name, err)
	}
	if err := buffer.Flush(); err != nil {
		return fmt.Errorf("exporting %s: %w", kind.name, err)
	}
	return nil
}

// exportedColumns returns the columns that Export writes. An access token's identifier is half of a
// credential, and the expiry of its one-time password is useless without the password.
func (k *kind) exportedColumns() (names []string) {
	for i, column := range k.columns {
		if k.secrets && i > 2 {
			break
		}
		names = append(names, column.name)
	}
	return names
}
