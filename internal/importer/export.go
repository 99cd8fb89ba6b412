package importer

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"

	"customer-events/models"
)

// Exporter is where records are read.
type Exporter interface {
	// Export must call write with the values of each record of the kind, in the order of the file's columns
	// without the secret ones.
	Export(ctx context.Context, kind models.Kind, write func(record []string) error) error
}

// Export writes all records of a kind as the CSV that Run reads, without secrets. Importing it again
// changes nothing: an import keeps what a file has no column for. The memory that it takes does not grow
// with the number of records.
func Export(ctx context.Context, name string, from Exporter, to io.Writer) error {
	kind, err := kindOf(name)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(to, 64<<10)
	file := csv.NewWriter(buffer)
	if err := file.Write(kind.exported()); err != nil {
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

// exported are the columns that may leave the database. An access token's identifier is half of a
// credential, and its one-time password's expiry says nothing without the password.
func (k *kind) exported() (names []string) {
	for i, column := range k.columns {
		if k.secrets && i > 2 {
			break
		}
		names = append(names, column.name)
	}
	return names
}
