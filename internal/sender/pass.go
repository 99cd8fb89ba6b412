package sender

import (
	"errors"
	"hash"
	"io"
)

// chunk is how much of the file is read at once. A change of the file is found in what is not read yet.
const chunk = 64 << 10

// passReader hashes and counts the bytes of a pass.
type passReader struct {
	input io.Reader
	hash  hash.Hash
	bytes int64
}

// Read implements io.Reader.
func (p *passReader) Read(to []byte) (int, error) {
	n, err := p.input.Read(to[:min(len(to), chunk)])
	p.hash.Write(to[:n])
	p.bytes += int64(n)
	return n, err
}

// errFileTruncated reports that the file is shorter than in the first pass.
var errFileTruncated = errors.New("it has been cut")

// exactReader reads an exact number of bytes. It returns errFileTruncated if the input ends earlier, because
// its last row may be incomplete.
type exactReader struct {
	input io.Reader
	left  int64
}

func (e *exactReader) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n, err := e.input.Read(p[:min(int64(len(p)), e.left)])
	if e.left -= int64(n); err == io.EOF && e.left > 0 {
		err = errFileTruncated
	}
	return n, err
}
