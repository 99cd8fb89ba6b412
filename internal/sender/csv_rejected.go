package sender

import (
	"bytes"
	"encoding/csv"
	"strconv"
)

// rejectedFormat writes the rows of a file of rejected events.
type rejectedFormat interface {
	// extension is the end of the file's name.
	extension() string
	// appendHeader appends what the file begins with.
	appendHeader(to []byte) []byte
	// appendRejected appends the row of a rejected item, and the reason.
	appendRejected(to []byte, it *item, c *call) []byte
}

// csvRejected writes rejected rows with the columns and the separator of the sent file, then the columns
// error and line. A spreadsheet shows them, and send reads them again.
type csvRejected struct {
	events *csvEvents
	// mark says that the sent file began with a byte order mark, without which Excel misreads UTF-8.
	mark bool
	crlf bool
}

func (r *csvRejected) extension() string { return ".rejected.csv" }

func (r *csvRejected) appendHeader(to []byte) []byte {
	if r.mark {
		to = append(to, "\ufeff"...)
	}
	return r.append(to, r.events.csv.Header, errorColumn, lineColumn)
}

func (r *csvRejected) appendRejected(to []byte, it *item, c *call) []byte {
	fields := r.events.csv.Split(c.raw[it.rawFrom:it.rawTo])
	return r.append(to, fields, it.rejected.reason(), strconv.Itoa(it.line))
}

// append appends a row. Missing fields are empty. Fields without a column follow the reason, so that the row
// is rejected again unless it is corrected.
func (r *csvRejected) append(to []byte, fields []string, reason, line string) []byte {
	var record, surplus []string
	for i, kept := range r.events.kept {
		switch {
		case !kept:
		case i < len(fields):
			record = append(record, fields[i])
		default:
			record = append(record, "")
		}
	}
	if len(fields) > len(r.events.kept) {
		surplus = fields[len(r.events.kept):]
	}
	buffer := bytes.NewBuffer(to)
	writer := csv.NewWriter(buffer)
	writer.Comma, writer.UseCRLF = r.events.csv.Comma(), r.crlf
	_ = writer.Write(append(append(record, reason, line), surplus...)) // a buffer has no errors
	writer.Flush()
	return buffer.Bytes()
}
