package importer

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// rejectedFile gets the rejected rows, each with its error and its line, in the format of the imported file.
// With corrected rows it can be imported itself, because Run ignores the columns error and line. On a nil
// rejectedFile, all methods do nothing.
type rejectedFile struct {
	file *os.File
	text *bufio.Writer
	csv  *csv.Writer // nil for NDJSON
}

// reject writes a row into the file of rejected rows, which it creates for the first of them. It renames the
// file of an earlier import, because that may contain corrections.
func (im *importRun) reject(row *row) error {
	if im.options.Rejected == "" {
		return nil
	}
	if im.rejected == nil {
		if err := im.openRejected(row); err != nil {
			// The folder may be read-only. Then the report lists all rejected rows.
			im.options.Rejected, im.options.MostReported, im.rejected = "", 0, nil
			_, err = fmt.Fprintf(im.options.Report, "the rejected rows are listed here only: %v\n", err)
			return err
		}
	}
	if err := im.rejected.write(im.kind, row); err != nil {
		return fmt.Errorf("writing the rejected rows: %w", err)
	}
	return nil
}

func (im *importRun) openRejected(row *row) error {
	path := im.options.Rejected + ".rejected.csv"
	if row.json {
		path = im.options.Rejected + ".rejected.ndjson"
	}
	if _, err := os.Lstat(path); err == nil {
		if im.result.Kept, err = renameExisting(path); err != nil {
			return err
		}
	}
	// The rows may contain secrets.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	im.result.RejectedFile = path
	im.rejected = &rejectedFile{file: file, text: bufio.NewWriter(file)}
	if row.json {
		return nil
	}
	im.rejected.csv = csv.NewWriter(im.rejected.text)
	var header []string
	for i, column := range im.kind.columns {
		if len(row.given) == 0 || row.given[i] {
			header = append(header, column.name)
		}
	}
	return im.rejected.csv.Write(append(header, "error", "line"))
}

// renameExisting renames a file to the first free name with a number.
func renameExisting(path string) (string, error) {
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s.%d", path, n)
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name, os.Rename(path, name)
		} else if err != nil {
			return "", err
		}
	}
}

func (f *rejectedFile) write(kind *kind, row *row) error {
	if f.csv != nil {
		// A row with too few or too many fields keeps them, so that it is rejected again unless it is
		// corrected.
		record := row.raw
		for i, value := range row.values {
			if row.raw == nil && row.given[i] {
				record = append(record, value)
			}
		}
		return f.csv.Write(append(record, row.err.Error(), strconv.Itoa(row.line)))
	}
	object := map[string]any{"error": row.err.Error(), "line": row.line}
	for i, value := range row.values {
		switch {
		case !row.given[i]:
		case value == "":
			object[kind.columns[i].name] = nil
		default:
			object[kind.columns[i].name] = value
		}
	}
	if row.raw != nil && json.Valid([]byte(row.raw[0])) && strings.HasPrefix(row.raw[0], "{") {
		return f.writeRaw(row)
	}
	line, err := json.Marshal(object)
	if err != nil {
		return err
	}
	_, err = f.text.Write(append(line, '\n'))
	return err
}

// writeRaw writes an object in its original form, including its unknown members.
func (f *rejectedFile) writeRaw(row *row) error {
	reason, err := json.Marshal(row.err.Error())
	if err != nil {
		return err
	}
	comma := ","
	if strings.TrimSpace(row.raw[0][1:]) == "}" {
		comma = ""
	}
	_, err = fmt.Fprintf(f.text, "{\"error\":%s,\"line\":%d%s%s\n", reason, row.line, comma, row.raw[0][1:])
	return err
}

func (f *rejectedFile) close() error {
	if f == nil {
		return nil
	}
	if f.csv != nil {
		f.csv.Flush()
	}
	return errors.Join(f.text.Flush(), f.file.Close())
}
