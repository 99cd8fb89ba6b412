package importer

import "context"

// chunk is a number of rows that the reading goroutine passes to the writing one.
type chunk struct {
	rows []*row
	end  int64 // the number of bytes read so far
	err  error // the reason why this is the last chunk: io.EOF at the end of the file
}

// readChunks reads and checks rows until the file ends or the context is cancelled. It is the only function
// that reads, so that an import can be cancelled while it waits for the first byte of a pipe.
func (im *importRun) readChunks(ctx context.Context, to chan<- chunk) {
	defer close(to)
	unique, now := newUniqueValues(), im.options.Now()
	reader, err := readRows(im.source, im.kind)
	for {
		next := chunk{rows: make([]*row, 0, im.chunk), err: err}
		for len(next.rows) < im.chunk && next.err == nil {
			row := new(row)
			if next.err = reader.read(row); next.err == nil {
				if row.err == nil {
					row.err = im.kind.checkRow(row)
				}
				if row.err == nil {
					row.err = unique.add(im.kind, row, now)
				}
				next.rows = append(next.rows, row)
			}
		}
		next.end = im.source.Position()
		select {
		case to <- next:
		case <-ctx.Done():
			return
		}
		if next.err != nil {
			return
		}
	}
}
